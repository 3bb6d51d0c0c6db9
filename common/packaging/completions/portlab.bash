# bash-completion(7) for portlab and portlabd. The programs themselves say what may come next:
# "portlab --complete WORD …" prints a line for each candidate. ":files" and ":folders" stand for names
# of files.
# shellcheck shell=bash

_portlab() {
  # cur, words and cword are set by _init_completion; ":" and "=" do not end a word.
  # shellcheck disable=SC2034
  local cur prev words cword split line
  _init_completion -n := || return
  while IFS= read -r line; do
    case $line in
      :files*) _filedir ;;
      :folders*) _filedir -d ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${words[0]}" --complete "${words[@]:1:cword}" 2>/dev/null)
  # Readline replaces only what comes after the last ":" or "=".
  __ltrim_colon_completions "$cur"
  if [[ $cur == *=* && $COMP_WORDBREAKS == *=* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*=}"}"}")
  fi
} && complete -F _portlab portlab portlabd
