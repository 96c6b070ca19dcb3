import { send } from './client'
import { jsonEvents } from './stream'
import type { CardResult, InputValue } from './types'

export type CardEvent =
  | { type: 'start'; prompt: string; prompt_tokens: number; shots: number; seed: number }
  | { type: 'progress'; done: number; total: number }
  | { type: 'delta'; text: string }
  | ({ type: 'result' } & CardResult)
  | { type: 'done' }

export type Inputs = Record<string, InputValue>

export async function* runCard(
  id: string,
  inputs: Inputs,
  decoding: Record<string, number>,
  signal: AbortSignal,
): AsyncGenerator<CardEvent> {
  const path = `/api/cards/${encodeURIComponent(id)}/run`
  const response = await send(path, { method: 'POST', body: { inputs, decoding }, signal })
  yield* jsonEvents<CardEvent>(response)
}
