import type { Inputs } from '../../api/cards'
import type { CardResult } from '../../api/schema'
import { whenOver } from '../../streams/store'
import { useRun } from '../../streams/useRun'

export interface CardRunState {
  state: 'none' | 'running' | 'done' | 'stopped' | 'failed'
  prompt: string | null
  progress: { done: number; total: number } | null
  text: string
  result: CardResult | null
  error: unknown
}

/** Runs a card; the state follows its answer. `start` resolves with the result, or null without one. */
export function useCardRun(id: string) {
  const { answer, ask, stop } = useRun(`card.${id}`)
  const state = { opening: 'none', gone: 'none', cut: 'stopped' }[answer.state as string] ?? answer.state
  const run: CardRunState = {
    state: state as CardRunState['state'],
    prompt: answer.told.start?.prompt ?? null,
    progress: answer.told.progress ?? null,
    text: answer.text,
    result: answer.result,
    error: answer.error,
  }
  const start = async (inputs: Inputs, decoding: Record<string, number>): Promise<CardResult | null> => {
    const begun = await ask({ kind: 'card', body: { card: id, inputs, decoding } })
    return begun === null ? null : (await whenOver(begun)).result
  }
  return { run, start, stop }
}
