/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_LIMITS_H
#define LW_LIMITS_H

/*
 * Every bound of loadward, with its unit and its reason. Sizes that index an array inside a BPF
 * program are powers of two, so that one AND proves the bound to the verifier.
 */

/* Compiled policy (include/lw_image.h). */
#define LW_RULES_MAX	    1024U      /* rules of one profile; loaders and evidence count too */
#define LW_LIST_MAX	    16384U     /* u16 slots for all rule lists of a profile */
#define LW_LIST_LEN_MAX	    64U	       /* rules tried for one object: verifier bound of the loop */
#define LW_LIST_CHUNK	    8U	       /* of them in one verified loop */
#define LW_STATES_MAX	    32768U     /* DFA states; a state id fits in a u16 */
#define LW_TRANS_MAX	    (1U << 20) /* u16 slots of the transition table: 2 MiB */
#define LW_TRIE_MAX	    32768U     /* u32 slots of the address trie: 2048 nodes of 16 */
#define LW_PROFILES_MAX	    64U	       /* profiles that live at one time */
#define LW_POLICY_FILE_MAX  (1U << 20) /* bytes of one policy file */
#define LW_POLICY_DEPTH_MAX 32U	       /* nesting of the policy's JSON */
#define LW_GLOB_MAX	    1024U      /* bytes of one glob */

/* Paths. */
#define LW_PATH_MAX   4096U  /* bytes of a user's name with its NUL (PATH_MAX) */
#define LW_PATH_BUF   8192U  /* a resolved path may be longer than PATH_MAX (relative opens) */
#define LW_NAME_MAX   255U   /* bytes of one component (NAME_MAX) */
#define LW_DFA_CHUNK  128U   /* bytes one verified loop walks; more chunks follow */
#define LW_JOIN_DEPTH 1024U  /* components of a name that is joined and normalised as text */
#define LW_EXE_MAX    1024U  /* bytes of the caller's program kept with a violation */
#define LW_JOIN_CHUNK 32U    /* bytes of a joined name that one verified loop reads */
#define LW_WALK_CHUNK 16U    /* components one verified loop walks */
#define LW_CG_DEPTH   32U    /* cgroups above one: four times what a container has */
#define LW_INODES_MAX 65536U /* inodes that the policy's paths name */
#define LW_BLOOM_BITS 65536U /* 8 KiB: stays in L1/L2, < 1 % false at 500 inodes */

/* Events. */
#define LW_DATA_MAX	  32768U      /* bytes of strings behind one event */
#define LW_ARGS_MAX	  4096U	      /* bytes of argv kept per exec */
#define LW_RING_VIOLATION (2U << 20)  /* bytes; about 4,000 violations */
#define LW_RING_TELEMETRY (4U << 20)  /* bytes; about 14,000 opens, 2 s of a heavy load */
#define LW_RING_WAKE	  (64U << 10) /* bytes of telemetry that wake the reader */

/* Tags. */
#define LW_TAGS_MAX	 16384U	 /* loaders and candidates alive at one time */
#define LW_TASKS_MAX	 131072U /* processes with a tag, by tgid */
#define LW_PID_LEVELS	 4U	 /* pid namespaces above a task that know its number */
#define LW_REPORTED_MAX	 1024U	 /* requests to io_uring that were reported and have not ended */
#define LW_MARKS_MAX	 8192U	 /* inodes that fanotify asks about: each stays in memory */
#define LW_WATCHES_MAX	 8192U	 /* directories in which names may appear that are to be marked */
#define LW_DENIALS_MAX	 256U	 /* opens that were denied and whose calls have not ended */
#define LW_SCRATCH_SLOTS 4U	 /* programs that may preempt each other on one CPU */
#define LW_CPUS_MAX	 1024U	 /* CPUs that counters are kept for */

/* Models. */
#define LW_ARTEFACTS_MAX    16384U /* files of models that user space has been told of */
#define LW_ARTEFACT_NAMES   4U	   /* names of one of them: a blob may be in several snapshots */
#define LW_ARTEFACTS_SECOND 1024U  /* of one loader: the largest models have some 200 files */
#define LW_ARTEFACT_HASH    256U   /* bytes at the end of a name that tell it from others */
#define LW_MODEL_RULES_MAX  64U	   /* rules with `model`: one bit each */
#define LW_MODEL_ASKS	    256U   /* files that wait for being read */
#define LW_MODEL_WAITING    256U   /* opens of one loader that wait for its environment */
#define LW_ENVIRON_MAX	    (256U << 10) /* bytes of an environment that are looked at */

/* Names (DNS). */
#define LW_DOMAINS_MAX	 64U   /* rules with `domain` on connections: one bit each */
#define LW_RESOLVERS_MAX 64U   /* servers whose answers count */
#define LW_NAMES_MAX	 8192U /* addresses that answers have named, of all loaders */
#define LW_DNS_ANSWERS	 32U   /* records that are read of one answer */
#define LW_DNS_ASKED	 64U   /* queries of one socket that wait for their answer */
#define LW_DNS_CHUNK	 64U   /* bytes of a message that one verified loop reads */
#define LW_DNS_PIECE	 1024U /* bytes of a packet that are looked at together */
#define LW_DNS_PIECES	 65U   /* of one packet: 64 KiB and what is cut off */
#define LW_DNS_MESSAGES \
	128U /* in one piece: more segments the kernel does not make of a datagram */
#define LW_DNS_LABEL_LONG   52U	  /* bytes; the longest label of a hub's hosts has 25 */
#define LW_DNS_NAME_LONG    100U  /* bytes of a name; theirs have up to 70 */
#define LW_DNS_LABELS	    8U	  /* with the search domains of a cluster theirs have up to 8 */
#define LW_DNS_NAMES_MINUTE 64U	  /* different names of one loader; a download needs a dozen */
#define LW_DNS_LOADERS	    4096U /* loaders whose names are counted */

/* Python stacks. */
#define LW_PY_FRAMES   64U    /* of one stack, newest first: imports nest deeper, the newest tell */
#define LW_PY_THREADS  4096U  /* thread states looked at: who starts more hides behind them */
#define LW_PY_FILE     512U   /* bytes of a file's name; the end is kept */
#define LW_PY_NAME     128U   /* bytes of a function's name */
#define LW_PY_LINES    16384U /* bytes of a line table: 99.98 % of those of PyTorch are shorter */
#define LW_RING_STACKS (4U << 20) /* bytes; some 200 stacks of 64 frames */
#define LW_PY_CHUNK    64U	  /* steps of one verified loop */
#define LW_PY_TP_GAP   4096U /* bytes from pthread_self() to the thread pointer of arm64, at most */
#define LW_PY_FILES    1024U /* files that hold an interpreter; the least used is read again */
#define LW_PY_OTHERS   8192U /* files that do not: PyTorch with its libraries maps some 500 */
#define LW_PY_PROCS    16384U /* processes that run Python */
#define LW_RING_NEWS   65536U /* bytes; some 2,700 files that were mapped for the first time */
#define LW_PICKLE_NAME 128U   /* bytes of a module's or a global's name; power of two */

/* Records and their log: user space only. */
#define LW_STACKS_BYTES	 (16U << 20) /* of frames as text: a full ring, grown by UTF-8 */
#define LW_STACK_AGE_S	 10U	/* until a stack is given up; its event follows within a second */
#define LW_ORIGIN_BYTES	 4096U	/* of the stack that started a program without Python */
#define LW_PICKLED_MAX	 16U	/* globals that a process has unpickled last: a call needs few */
#define LW_PICKLED_BYTES 2048U	/* of their names */
#define LW_PROCS_MAX	 16384U /* processes whose program and arguments are kept */
#define LW_PROCS_ENDED	 64U	/* known after their end: telemetry overtakes violations */
#define LW_PROCS_BYTES	 (8U << 20) /* bytes of those programs and arguments */
#define LW_RECORD_MAX \
	(128U << 10)		 /* bytes of one record: 4 KiB each of path and argv fit, escaped */
#define LW_RECORD_ARGS	   1024U /* bytes of argv in records that are neither exec nor violation */
#define LW_SOURCE_FILE_MAX (4U << 20) /* bytes of a source file that are searched for a line */
#define LW_SOURCE_TEXT	   512U	      /* bytes of a line of source */
#define LW_SOURCE_WAIT_MS  200	      /* for a file system; then the line is not shown */
#define LW_LOG_BATCH	   65536U     /* bytes of telemetry that one write() carries; stays in L2 */
#define LW_LOG_QUEUE	   (1U << 20) /* bytes of violations kept while the disk refuses them */
#define LW_LOG_SEGMENT	   (64U << 20) /* bytes of one file of the log */
#define LW_LOG_RESERVE	   (16U << 20) /* bytes of free disk that telemetry leaves to violations */

#endif
