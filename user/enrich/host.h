/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_HOST_H
#define LW_ENRICH_HOST_H

/* The machine that the records come from; read once. */
struct lw_host {
	char hostname[256];
	char kernel[128]; /* release, as uname -r */
	char boot_id[64]; /* process.entity_id is unique within one boot; "" when unknown */
};

void lw_host_read(struct lw_host *ret);

#endif
