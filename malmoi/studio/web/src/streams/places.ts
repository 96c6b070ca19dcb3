/** Which answer stands in which place of this tab: the sheet of a draft, a column, the result of a card. */
import { ask, stopAnswer, type Question } from './ask'

export interface Asked {
  id: string | null
  /** The request is on its way; the server has not taken it yet. */
  isAsking: boolean
  error: unknown
}

const NOTHING: Asked = { id: null, isAsking: false, error: null }
const PREFIX = 'malmoi.answer.'

const places = new Map<string, Asked>()
const listeners = new Set<() => void>()
const stopWanted = new Set<string>()

export function askedIn(place: string): Asked {
  const known = places.get(place)
  if (known) return known
  const id = recallId(place)
  const asked = id === null ? NOTHING : { ...NOTHING, id }
  places.set(place, asked)
  return asked
}

export function subscribeToPlaces(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Asks in a place. What stood there before goes on and is found in the history. Returns the id, or null if refused. */
export async function askIn(place: string, question: Question): Promise<string | null> {
  stopWanted.delete(place)
  set(place, { id: null, isAsking: true, error: null })
  try {
    const id = await ask(question)
    set(place, { ...NOTHING, id })
    if (stopWanted.delete(place)) await stopAnswer(id)
    return id
  } catch (error) {
    set(place, { ...NOTHING, error })
    return null
  }
}

/** Ends the answer of a place, also one that the server has not taken yet. */
export async function stopIn(place: string): Promise<void> {
  const { id, isAsking } = askedIn(place)
  if (isAsking) stopWanted.add(place)
  else if (id !== null) await stopAnswer(id)
}

/** Shows an answer in a place, or nothing. The one that stood there is not ended. */
export function putIn(place: string, id: string | null): void {
  set(place, { ...NOTHING, id })
}

function set(place: string, asked: Asked): void {
  places.set(place, asked)
  rememberId(place, asked.id)
  for (const listener of listeners) listener()
}

// Of this tab alone: it outlives a reload, and another tab has places of its own.
function recallId(place: string): string | null {
  try {
    return sessionStorage.getItem(PREFIX + place)
  } catch {
    return null
  }
}

function rememberId(place: string, id: string | null): void {
  try {
    if (id === null) sessionStorage.removeItem(PREFIX + place)
    else sessionStorage.setItem(PREFIX + place, id)
  } catch {
    // Where the browser keeps nothing, a reload shows an empty place; the answer is in the history.
  }
}
