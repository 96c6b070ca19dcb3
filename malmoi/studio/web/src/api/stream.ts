/**
 * The data of each server-sent event, as it comes. A line or a Hangul syllable may be cut between two network reads.
 * Leaving the loop early cancels the body, which closes the connection. `heard` is called for whatever comes, also for
 * a comment, which says only that the connection lives.
 */
export async function* serverEvents(response: Response, heard?: () => void): AsyncGenerator<string> {
  if (!response.body) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      heard?.()
      const blocks = (rest + value).split(/\r?\n\r?\n/)
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const lines = block.split(/\r?\n/).filter((line) => line.startsWith('data:'))
        if (lines.length) yield lines.map((line) => line.slice(5).trimStart()).join('\n')
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
