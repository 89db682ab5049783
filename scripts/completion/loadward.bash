# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of loadward's command line for bash; needs nothing but bash itself.

# Where the words of the command that `run` starts begin; 0: not before the cursor.
_loadward_command_at() {
    local i
    for ((i = 2; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --) echo $((i + 1)) && return ;;
        -p | -l | --policy | --log) ((i++)) ;;
        -*) ;;
        *) echo "$i" && return ;;
        esac
    done
    echo 0
}

# The words of $1 that begin as the one under the cursor does.
_loadward_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

# Names of the kind that the option $1 of `compgen` lists.
_loadward_names() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

# The value of the option before the cursor. Status 1: it has none.
_loadward_value() {
    case ${COMP_WORDS[COMP_CWORD - 1]} in
    -p | --policy | -c | --control) _loadward_names -f ;;
    -l | --log | --pin-dir) _loadward_names -d ;;
    --on-stop) _loadward_words "keep remove" ;;
    --on) _loadward_words "file.open process.exec net.socket net.connect net.send net.bind
        net.listen" ;;
    --access) _loadward_words "read write create truncate path" ;;
    --protocol) _loadward_words "tcp udp mptcp raw packet unix vsock netlink other" ;;
    --phase) _loadward_words "start download load serve" ;;
    --hub) _loadward_words "huggingface modelscope opencsg pytorch-hub openmmlab local" ;;
    --format) _loadward_words "pickle zip-pickle safetensors gguf onnx hdf5 keras numpy
        numpy-object python other" ;;
    --pinned) _loadward_words "yes no" ;;
    --port | --repo) ;;
    *) return 1 ;;
    esac
}

_loadward_options() {
    case $1 in
    run) _loadward_words "--policy --log --observe --enforce --no-fanotify --pickle-audit --quiet
        --help --" ;;
    daemon) _loadward_words "--policy --log --control --observe --enforce --no-fanotify --foreground
        --pin-dir --no-pin --on-stop --hooks-always --pickle-audit --help" ;;
    status) _loadward_words "--json --control --pin-dir --help" ;;
    unload) _loadward_words "--pin-dir --help" ;;
    mode) _loadward_words "--control --help" ;;
    doctor | check) _loadward_words "--json --help" ;;
    test) _loadward_words "--on --access --port --domain --protocol --phase
        --hub --repo --format --pinned --same-executable --other-process --json --help" ;;
    *) _loadward_words "--help" ;;
    esac
}

_loadward_run() {
    local at
    at=$(_loadward_command_at)
    if [ "$at" -gt 0 ] && [ "$at" -lt "$COMP_CWORD" ]; then
        if declare -F _command_offset >/dev/null; then
            _command_offset "$at"
        else
            _loadward_names -f
        fi
    elif [ "$at" -eq 0 ] && _loadward_value; then
        return
    elif [ "$at" -eq 0 ] && [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then
        _loadward_options run
    else
        mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}" | sort -u)
    fi
}

_loadward() {
    local command=${COMP_WORDS[1]} word=${COMP_WORDS[COMP_CWORD]}

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _loadward_words "run daemon status unload mode doctor policy --help --version"
        return
    fi
    if [ "$command" = run ]; then
        _loadward_run
        return
    fi
    if [ "$command" = policy ]; then
        if [ "$COMP_CWORD" -eq 2 ]; then
            _loadward_words "check test explain --help"
            return
        fi
        command=${COMP_WORDS[2]}
    fi
    if _loadward_value; then
        return
    elif [[ $word == -* ]]; then
        _loadward_options "$command"
    elif [ "$command" = mode ]; then
        _loadward_words "observe enforce"
    elif [ "${COMP_WORDS[1]}" = policy ]; then
        _loadward_names -f
    fi
}

complete -F _loadward loadward
