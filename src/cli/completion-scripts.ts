/** What the hidden verb answers when the shell should offer its own files. */
export const fileFallback = "@files";

/**
 * The scripts hold no knowledge of the commands: they ask `vdc __complete` with the words so far, so they need
 * not be made anew when a command is added. `@files` asks for the shell's own files.
 */
const bash = `# vdc completion for bash. Load it with: source <(vdc completion bash)
_vdc() {
  local IFS=$'\\n' words answers
  words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  answers=$("\${COMP_WORDS[0]}" __complete -- "\${words[@]}" 2>/dev/null) || return
  if [[ $answers == ${fileFallback} ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
    return
  fi
  COMPREPLY=($answers)
  [[ \${#COMPREPLY[@]} -eq 1 && ( \${COMPREPLY[0]} == */ || \${COMPREPLY[0]} == *= ) ]] && compopt -o nospace 2>/dev/null
}
complete -F _vdc vdc
`;

const zsh = `#compdef vdc
# vdc completion for zsh. Load it with: source <(vdc completion zsh)
_vdc() {
  local -a answers
  answers=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${answers[1]}" == "${fileFallback}" ]]; then
    _files
  else
    compadd -- "\${(@)answers:#}"
  fi
}
if [[ "\${funcstack[1]}" == "_vdc" ]]; then
  _vdc "$@"
else
  compdef _vdc vdc
fi
`;

const fish = `# vdc completion for fish. Load it with: vdc completion fish | source
function __vdc_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l answers ($words[1] __complete -- $words[2..-1] 2>/dev/null)
    if test "$answers" = "${fileFallback}"
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $answers
    end
end
complete -c vdc -f -a '(__vdc_complete)'
`;

export const scripts: ReadonlyMap<string, string> = new Map([
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
]);
