import { send } from './client'
import { jsonEvents } from './stream'
import type { Replies } from './schema'

export type CardEvent = Replies['POST /api/cards/{card_id}/run']

export type InputValue = string | number | string[]

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
