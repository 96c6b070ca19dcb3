import type { AnswerEnd, AnswerEvent, CardResult, Token, Told } from '../api/schema'
import { ApiError } from '../i18n/errors'

/** `none`: nothing was asked; `opening`: the server has not told yet what has come of it; `gone`: it was erased. */
export type AnswerState = 'none' | 'opening' | 'running' | AnswerEnd['state']

export interface Usage {
  prompt_tokens: number
  completion_tokens: number
}

/** An answer as it stands now. A new object for each picture that is drawn; `tokens` grows and is the same array. */
export interface Answer {
  id: string | null
  state: AnswerState
  text: string
  tokens: readonly Token[]
  told: Told
  finish: string | null
  usage: Usage | null
  seconds: number
  /** Of a card. */
  result: CardResult | null
  error: unknown
}

export const NONE: Answer = {
  id: null,
  state: 'none',
  text: '',
  tokens: [],
  told: { start: null, progress: null },
  finish: null,
  usage: null,
  seconds: 0,
  result: null,
  error: null,
}

/** Whether it goes on, or may. */
export function isOpen({ state }: Answer): boolean {
  return state === 'opening' || state === 'running'
}

/** Where its reader stands, in characters and tokens as the server counts them. */
export type Place = readonly [number, number]

/** An answer that is being read, and where its reader stands. */
export interface Reading {
  answer: Answer
  tokens: Token[]
  place: Place
}

export function beginReading(id: string, state: 'opening' | 'running'): Reading {
  return { answer: { ...NONE, id, state }, tokens: [], place: [0, 0] }
}

/**
 * Takes in an event. What was read already is left out, so that none comes twice; false where it does not begin where
 * the reader stands: then the reader has to ask again from there.
 */
export function take(reading: Reading, event: AnswerEvent): boolean {
  const [characters, tokens] = reading.place
  if (event.begin[0] !== characters || event.begin[1] !== tokens) {
    return event.to[0] <= characters && event.to[1] <= tokens && !event.end
  }
  for (const token of event.tokens ?? []) reading.tokens.push(token)
  reading.place = event.to
  reading.answer = {
    ...reading.answer,
    state: 'running',
    // Appending costs what is appended: the engine joins the parts when the text is drawn.
    text: reading.answer.text + event.text,
    tokens: reading.tokens,
    told: event.told ?? reading.answer.told,
    seconds: secondsSince(reading.answer.id),
    ...(event.end && ended(event.end)),
  }
  return true
}

function ended(end: AnswerEnd): Partial<Answer> {
  if (end.state === 'gone') return { state: 'gone' }
  return {
    state: end.state,
    finish: end.finish,
    usage: { prompt_tokens: end.prompt_tokens, completion_tokens: end.answer_tokens },
    seconds: end.seconds,
    result: end.result,
    error: end.error ? new ApiError(500, { error: end.error }) : null,
  }
}

/** An id begins with the milliseconds since 1970 at which the answer was asked (UUID of version 7). */
function secondsSince(id: string | null): number {
  return id === null ? 0 : Math.max(0, (Date.now() - parseInt(id.slice(0, 12), 16)) / 1000)
}
