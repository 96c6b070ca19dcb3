const BLOCK_CHARACTERS = 4_000

/** A text cut into blocks behind the same spaces and line breaks however much follows, so that all but the last stay equal. */
export function blocks(text: string): string[] {
  const cut: string[] = []
  let start = 0
  while (text.length - start > BLOCK_CHARACTERS) {
    const gap = text.slice(start + BLOCK_CHARACTERS).search(/\s/)
    if (gap < 0) break
    const end = start + BLOCK_CHARACTERS + gap + 1
    cut.push(text.slice(start, end))
    start = end
  }
  cut.push(text.slice(start))
  return cut
}
