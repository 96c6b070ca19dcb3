import { getJson, send } from '../api/client'
import type { AnswerBody, Begun, Source } from '../api/schema'
import { follow } from './store'

export type Kind = AnswerBody['kind']

export interface Question {
  kind: Kind
  /** As /v1 takes it, or {card, inputs, decoding}. */
  body: Record<string, unknown>
  source?: Partial<Source>
}

/** Begins an answer on the server, which makes it whatever becomes of this page. */
export async function ask({ kind, body, source = {} }: Question): Promise<string> {
  const { id } = await getJson<Begun>('/api/answers', { method: 'POST', body: { kind, body, source } })
  follow(id, 'running')
  return id
}

/** The only way to end an answer before its end. What it has stays. */
export async function stopAnswer(id: string): Promise<void> {
  await send(`/api/answers/${id}/stop`, { method: 'POST' })
}

/** Asks the same again with the same seed. */
export async function askAgain(id: string): Promise<string> {
  const begun = await getJson<Begun>(`/api/answers/${id}/again`, { method: 'POST' })
  follow(begun.id, 'running')
  return begun.id
}
