/** Scripts that complete the command line. They are made of words of the code alone, and ask no gateway. */
import type { CommandWords } from './words.ts';

/** The shells that there are scripts for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

const MAKERS: ReadonlyMap<string, (words: readonly CommandWords[]) => string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
]);

/** The script for a shell; undefined if there is none. */
export function completionFor(shell: string, words: readonly CommandWords[]): string | undefined {
  return MAKERS.get(shell)?.(words);
}

/** Cases of a path: its commands and its flags. */
function cases(words: readonly CommandWords[]): string {
  return words
    .map(
      ({ path, commands, flags }) =>
        `    '${path.join(' ')}') commands='${commands.join(' ')}'; flags='${flags.join(' ')}' ;;`,
    )
    .join('\n');
}

function fileFlagsOf(words: readonly CommandWords[]): readonly string[] {
  return [...new Set(words.flatMap(({ fileFlags }) => fileFlags))];
}

/** Commands behind which files stand. */
const FILE_COMMANDS = ['check', 'route', 'export', 'import'];

function bash(words: readonly CommandWords[]): string {
  return `# bash completion for sluice
_sluice_words() {
  case "$1" in
${cases(words)}
    *) commands=''; flags='' ;;
  esac
}

_sluice() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' commands flags each
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    _sluice_words "$path"
    case " $commands " in *" $each "*) path="\${path:+$path }$each" ;; esac
  done
  _sluice_words "$path"
  COMPREPLY=()
  case "$before" in
    ${fileFlagsOf(words).join('|')}) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$commands" -- "$word")) ;;
  esac
  case "$path" in
    ${FILE_COMMANDS.join('|')}) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$word")) ;;
  esac
}
complete -F _sluice sluice
`;
}

function zsh(words: readonly CommandWords[]): string {
  return `#compdef sluice
_sluice_words() {
  case "$1" in
${cases(words)}
    *) commands=''; flags='' ;;
  esac
}

_sluice() {
  local commands flags each joined=''
  for each in "\${(@)words[2,CURRENT-1]}"; do
    _sluice_words "$joined"
    [[ " $commands " == *" $each "* ]] && joined="\${joined:+$joined }$each"
  done
  _sluice_words "$joined"
  case "\${words[CURRENT-1]}" in
    ${fileFlagsOf(words).join('|')}) _files; return ;;
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    compadd -- \${=flags}
  else
    compadd -- \${=commands}
    [[ "$joined" == (${FILE_COMMANDS.join('|')}) ]] && _files
  fi
}
if [ "$funcstack[1]" = "_sluice" ]; then _sluice "$@"; else compdef _sluice sluice; fi
`;
}

function fish(words: readonly CommandWords[]): string {
  const lines = words.flatMap(({ path, commands, flags, fileFlags }) => {
    const at = path.join(' ');
    const here = `__sluice_is ${at}`.trim();
    const below = path.length === 0 ? here : `__sluice_in ${at}`;
    return [
      ...(commands.length === 0 ? [] : [`complete -c sluice -n '${here}' -a '${commands.join(' ')}'`]),
      ...(FILE_COMMANDS.includes(at) ? [`complete -c sluice -n '${below}' -F`] : []),
      ...flags.map((flag) => {
        const takesFile = fileFlags.includes(flag) ? ' -rF' : '';
        return `complete -c sluice -n '${below}' -l '${flag.slice(2)}'${takesFile}`;
      }),
    ];
  });
  return `# fish completion for sluice
function __sluice_typed
  string match -v -r '^-' -- (commandline -opc)[2..-1]
end
function __sluice_is
  set -l typed (__sluice_typed)
  test "$typed" = "$argv"
end
function __sluice_in
  set -l typed (__sluice_typed)
  set -l wanted (count $argv)
  test (count $typed) -ge $wanted; and test "$typed[1..$wanted]" = "$argv"
end
complete -c sluice -f
${lines.join('\n')}
`;
}
