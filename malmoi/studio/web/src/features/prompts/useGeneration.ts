import type { Generation } from '../../api/completions'
import type { Usage, Answer as Streamed } from '../../streams/answer'
import { whenOver } from '../../streams/store'
import { useRun } from '../../streams/useRun'
import type { Token } from '../../api/completions'

export interface Answer {
  state: 'none' | 'running' | 'done' | 'stopped' | 'failed'
  text: string
  tokens: Token[]
  finish: string | null
  usage: Usage | null
  seconds: number
  error: unknown
}

/** The answer of the playground in this tab. */
export function useGeneration() {
  const { answer, ask, stop, show } = useRun('play')
  const run = async ({ path, body }: Generation, onEnd?: (text: string) => void) => {
    const id = await ask({ kind: path === '/v1/completions' ? 'completion' : 'chat', body })
    if (id !== null) onEnd?.((await whenOver(id)).text)
  }
  return { answer: seen(answer), run, stop, clear: () => show(null) }
}

function seen(answer: Streamed): Answer {
  const state = { opening: 'none', gone: 'none', cut: 'stopped' }[answer.state as string] ?? answer.state
  return { ...answer, state: state as Answer['state'], tokens: answer.tokens as Token[] }
}
