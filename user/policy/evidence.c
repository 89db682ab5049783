// SPDX-License-Identifier: Apache-2.0
#include "policy/evidence.h"

#include <stdio.h>
#include <string.h>

#include "lw_events.h"
#include "policy/parse.h"

/*
 * The layouts of model caches and the names of model files. Cache roots move with environment
 * variables (HF_HOME, TORCH_HOME, MODELSCOPE_CACHE, ...), so the part of the layout below the root
 * is what is matched.
 */

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/*
 * Python's library and installed packages ship pickles, .pth path files and test data that are no
 * models; yapf keeps its grammar as pickles. The same exceptions for all sets, and none for those
 * that end in `**`: each difference would multiply the states of the automaton.
 */
static const char *const installed[] = {
	"**/{site,dist}-packages/**",
	"**/lib/python[23]*/**",
	"~/.cache/YAPF/**",
	"/{proc,sys,dev,etc,boot}/**",
	NULL,
};

const struct lw_evidence lw_evidence_sets[] = {
	{
		.name = "hub-cache",
		.about = "a model repository in the cache of a hub",
		.artefact = LW_ARTEFACT_STRONG | LW_ARTEFACT_LOAD | LW_ARTEFACT_HUB,
		.globs = LIST(
			/* Hugging Face: models--ORG--NAME; ModelScope, new: ORG--NAME. */
			"**/*--*/{snapshots,refs,blobs}/**", "**/.locks/*--*/**",
			/* ModelScope, old: [models/]ORG/NAME. CSGHub: ORG/NAME. torch.hub. */
			"**/{modelscope/hub,csg/hub,torch/hub/checkpoints}/**"),
	},
	{
		.name = "remote-code",
		.about = "Python code that came with a model",
		.artefact = LW_ARTEFACT_STRONG | LW_ARTEFACT_LOAD,
		.globs = LIST("**/{transformers,diffusers,datasets,evaluate}_modules/**",
			      "**/hubconf.py{,c}", "**/hubconf.cpython-*.pyc"),
	},
	{
		.name = "model-file",
		.about = "a file of weights",
		.artefact = LW_ARTEFACT_STRONG | LW_ARTEFACT_LOAD,
		.except = installed,
		.globs = LIST("**/*.{safetensors,gguf,ggml,onnx,ckpt,pt,pth,h5,keras,tflite,nemo}",
			      "**/*model*.bin", "**/training_args.bin", "**/saved_model.pb"),
	},
	{
		.name = "pickle-file",
		.about = "serialised Python objects",
		.artefact = LW_ARTEFACT_STRONG | LW_ARTEFACT_LOAD,
		.except = installed,
		.globs = LIST("**/*.{pkl,pickle,joblib,npy,npz,dill}{,.gz,.bz2,.xz}"),
	},
	{
		.name = "openmmlab",
		.about = "OpenMMLab's configuration loader, which executes its files",
		.artefact = LW_ARTEFACT_STRONG | LW_ARTEFACT_LOAD,
		.globs = LIST("**/{mmengine,mmcv}/{config,utils}/config.py",
			      "**/{mmengine,mmcv}/{config,utils}/__pycache__/config.*.pyc"),
	},
};

/* Of a hub's cache what is no part of a model: which revision a name stands for, and locks. */
static const struct lw_evidence lookups = {
	.artefact = LW_ARTEFACT_STRONG | LW_ARTEFACT_HUB,
	.globs = LIST("**/*--*/refs/**", "**/.locks/*--*/**"),
};

/*
 * What alone makes no loader, but says which model one loads: the files that stand beside the
 * weights, what a hub's client keeps there, and Python sources, since OpenMMLab's configurations
 * are such.
 */
static const struct lw_evidence hints = {
	.except = installed,
	.globs = LIST("**/{config,configuration,generation_config,tokenizer_config,adapter_config,"
		      "preprocessor_config,model_index}.json",
		      "**/.{mv,msc,mdl}", "**/*.py"),
};

const size_t lw_evidence_count = sizeof(lw_evidence_sets) / sizeof(lw_evidence_sets[0]);

const struct lw_evidence *lw_evidence_find(const char *name)
{
	for (size_t i = 0; i < lw_evidence_count; i++)
		if (strcmp(lw_evidence_sets[i].name, name) == 0)
			return &lw_evidence_sets[i];
	return NULL;
}

const char *lw_evidence_hint(struct lw_doc *doc)
{
	char text[256];
	size_t n = 0;

	for (size_t i = 0; i < lw_evidence_count && n < sizeof(text); i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%s", i ? ", " : "",
			      lw_evidence_sets[i].name);
	return lw_hint(doc, "the sets are %s; anything else must be a glob of paths", text);
}

void lw_evidence_globs(struct lw_doc *doc, const struct lw_ptr *ptr, const struct lw_evidence *set,
		       __u32 src)
{
	for (size_t i = 0; set->globs[i]; i++)
		lw_glob_add(doc, ptr, set->globs[i], src, false);
	for (size_t i = 0; set->except && set->except[i]; i++)
		lw_glob_add(doc, ptr, set->except[i], src, true);
}

static void add_artefact(struct lw_doc *doc, const struct lw_evidence *set)
{
	__u32 src = lw_tag_rule_new(doc, NULL, "artefact", LW_TAG_ARTEFACT, set->artefact);

	if (src == LW_NO_SRC)
		return;
	doc->src[src].builtin = true;
	lw_evidence_globs(doc, NULL, set, src);
}

void lw_artefact_rules(struct lw_doc *doc)
{
	add_artefact(doc, &lookups);
	for (size_t i = 0; i < lw_evidence_count; i++)
		add_artefact(doc, &lw_evidence_sets[i]);
	add_artefact(doc, &hints);
}
