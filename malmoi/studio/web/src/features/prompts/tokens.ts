import type { Token } from '../../api/completions'

/** How the server writes a token that is only a part of a character, as OpenAI does: bytes:\xed\x95 */
/** The name of a special token, as the one that ends a turn: it is no text, so a sign stands for it. */
const SPECIAL = /^<\|.*\|>$/

export const BYTES = 'bytes:'

/**
 * Byte-level tokens cut a Hangul syllable (3 bytes) anywhere. Tokens that make up characters only together become one,
 * whose probability is the product of theirs; its alternatives are those of the first part.
 */
export function joinParts(tokens: Token[]): Token[] {
  const joined: Token[] = []
  let parts: Token[] = []
  const close = () => {
    const first = parts[0]
    if (!first) return
    const bytes = parts.flatMap((part) => bytesOf(part.text))
    const logprob = parts.reduce((sum, part) => sum + part.logprob, 0)
    joined.push({ text: new TextDecoder().decode(new Uint8Array(bytes)), logprob, top: first.top })
    parts = []
  }
  for (const token of tokens) {
    if (token.text.startsWith(BYTES)) {
      parts.push(token)
      continue
    }
    close()
    joined.push(token)
  }
  close()
  return joined
}

/** A token as a person reads it: one that ends a turn, or is only a part of a character, is no text. */
export function shown(text: string): string {
  if (SPECIAL.test(text)) return '∎'
  return text.startsWith(BYTES) ? '▯' : text
}

/** White space alone has no look of its own: a sign stands before it, and a line break still breaks the line. */
export function visible(text: string): string {
  if (text === '' || text.trim() !== '') return shown(text)
  return text.replaceAll('\n', '⏎\n').replaceAll(' ', '␣').replaceAll('\t', '⇥')
}

/** The name of a token for those who hear the page; undefined where its text is one. */
export function spoken(text: string): string | undefined {
  return text.trim() === '' ? visible(text).replaceAll('\n', '') : undefined
}

/** Whether a token is text that can be written on with: no special token, no part of a character. */
export function isText({ text }: { text: string }): boolean {
  return !SPECIAL.test(text) && !text.startsWith(BYTES)
}

/** A token as it stands in the answer. */
export function plain(token: { text: string }): string {
  return isText(token) ? token.text : ''
}

function bytesOf(text: string): number[] {
  return [...text.matchAll(/\\x([0-9a-f]{2})/g)].map((match) => parseInt(match[1]!, 16))
}
