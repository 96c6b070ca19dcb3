import { heard, unheard } from '../api/connection'
import { send } from '../api/client'
import type { AnswerEvent } from '../api/schema'
import { serverEvents } from '../api/stream'
import { ApiError } from '../i18n/errors'
import { beginReading, isOpen, NONE, take, type Answer, type Reading } from './answer'

/** The answers that this tab reads. They live here and not in pages: a page that goes ends nothing. */
interface Entry {
  reading: Reading
  /** What is drawn; made anew once for each picture. */
  shown: Answer
  listeners: Set<() => void>
}

/** The server follows so many answers on one connection. */
const MAX_FOLLOWED = 128
/** The server says something every 10 seconds; a connection that is silent for longer is broken. */
const SILENCE_MS = 25_000
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 1_000
/** So many answers that are over stay in memory. */
const KEPT = 60
/** A hidden tab draws nothing, so the browser gives it no frames. */
const HIDDEN_MS = 250

const entries = new Map<string, Entry>()
const changed = new Set<Entry>()
const endListeners = new Set<() => void>()
let connection: AbortController | null = null
let waitMs = FIRST_WAIT_MS
let isDrawing = false

/** What is known of an answer; the first to ask for it begins to follow it. */
export function answerOf(id: string): Answer {
  return entries.get(id)?.shown ?? { ...NONE, id, state: 'opening' }
}

export function subscribe(id: string, listener: () => void): () => void {
  const entry = follow(id, 'opening')
  entry.listeners.add(listener)
  return () => entry.listeners.delete(listener)
}

/** Follows an answer until its end, whoever looks at it. */
export function follow(id: string, state: 'opening' | 'running'): Entry {
  const known = entries.get(id)
  if (known) return known
  const reading = beginReading(id, state)
  const entry: Entry = { reading, shown: reading.answer, listeners: new Set() }
  entries.set(id, entry)
  forgetOld()
  reconnect()
  return entry
}

/** Called when one of the answers of this tab has ended: lists of answers are old then. */
export function onEnd(listener: () => void): () => void {
  endListeners.add(listener)
  return () => endListeners.delete(listener)
}

function openIds(): string[] {
  return [...entries].filter(([, { reading }]) => isOpen(reading.answer)).map(([id]) => id)
}

/** One connection for all: it is opened anew, from where each answer stands, when one more is to be followed. */
function reconnect(): void {
  connection?.abort()
  const ids = openIds().slice(-MAX_FOLLOWED)
  connection = ids.length > 0 ? new AbortController() : null
  if (connection) void listen(ids, connection)
}

async function listen(ids: string[], own: AbortController): Promise<void> {
  const places = ids.map((id) => entries.get(id)!.reading.place.join('.'))
  const silence = new Silence(() => own.abort(new Error('the connection is silent')))
  try {
    const headers = { 'Last-Event-ID': places.join(',') }
    const response = await send(`/api/events?answers=${ids.join(',')}`, { headers, signal: own.signal })
    for await (const data of serverEvents(response, () => silence.heard())) {
      waitMs = FIRST_WAIT_MS
      if (connection !== own) return // what still comes here comes on the new connection again
      if (!receive(JSON.parse(data) as AnswerEvent)) break
    }
  } catch (error) {
    if (error instanceof ApiError && error.status < 500 && error.status !== 429) fail(ids, error)
    else if (connection === own) unheard()
  } finally {
    silence.end()
  }
  if (connection !== own) return // another connection follows them now
  connection = null
  if (openIds().length === 0) return
  await new Promise((resolve) => setTimeout(resolve, waitMs))
  waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
  if (connection === null) reconnect()
}

function receive(event: AnswerEvent): boolean {
  const entry = entries.get(event.answer)
  if (!entry || !take(entry.reading, event)) return false
  draw(entry)
  return true
}

/** A refusal that asking again does not mend. */
function fail(ids: string[], error: ApiError): void {
  for (const id of ids) {
    const entry = entries.get(id)
    if (!entry) continue
    entry.reading.answer = { ...entry.reading.answer, state: 'failed', error }
    draw(entry)
  }
}

/** Shows what has come, once for each picture of the screen, however many events that are. */
function draw(entry: Entry): void {
  changed.add(entry)
  if (isDrawing) return
  isDrawing = true
  if (document.hidden) setTimeout(show, HIDDEN_MS)
  else requestAnimationFrame(show)
}

function show(): void {
  isDrawing = false
  const now = [...changed]
  changed.clear()
  let hasEnded = false
  for (const entry of now) {
    hasEnded ||= isOpen(entry.shown) && !isOpen(entry.reading.answer)
    entry.shown = entry.reading.answer
    for (const listener of entry.listeners) listener()
  }
  if (hasEnded) for (const listener of endListeners) listener()
}

function forgetOld(): void {
  const old = [...entries].filter(([, entry]) => !isOpen(entry.reading.answer) && entry.listeners.size === 0)
  for (const [id] of old.slice(0, Math.max(0, old.length - KEPT))) entries.delete(id)
}

/** Calls `broken` when nothing has been heard for too long. */
class Silence {
  private timer: ReturnType<typeof setTimeout>

  constructor(private readonly broken: () => void) {
    this.timer = setTimeout(broken, SILENCE_MS)
  }

  heard(): void {
    heard()
    clearTimeout(this.timer)
    this.timer = setTimeout(this.broken, SILENCE_MS)
  }

  end(): void {
    clearTimeout(this.timer)
  }
}
