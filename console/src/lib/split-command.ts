/**
 * Splits what was typed into a program and its arguments, as a shell does with quotes and backslashes, and with
 * nothing else: no variables, no globs. Undefined when a quote is open at the end.
 */
export function splitCommand(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (quote !== undefined) {
      if (letter === quote) quote = undefined;
      else if (letter === "\\" && quote === '"' && /["\\]/.test(text.charAt(at + 1)))
        word = (word ?? "") + text.charAt((at += 1));
      else word = (word ?? "") + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= "";
    } else if (letter === "\\" && at + 1 < text.length) word = (word ?? "") + text.charAt((at += 1));
    else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (quote !== undefined) return undefined;
  return word === undefined ? words : [...words, word];
}
