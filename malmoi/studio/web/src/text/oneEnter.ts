/**
 * One Enter sends, also while a Hangul syllable is being composed; an Enter that picks a kana, pinyin, bopomofo or
 * Hanja candidate only picks.
 *
 * `step` is a pure function over the events of a text box. The orders in which browsers report them, recorded with
 * their sources in enterOrders.json, are its test.
 */

export interface BoxEvent {
  type: string
  /** Of composition events: the text being composed, or what it became. */
  data?: string | null
  key?: string
  code?: string
  keyCode?: number
  isComposing?: boolean
  shiftKey?: boolean
  ctrlKey?: boolean
  metaKey?: boolean
  altKey?: boolean
  repeat?: boolean
  inputType?: string
  /** Milliseconds. */
  timeStamp: number
}

export interface EnterState {
  /** What is being composed now; null: nothing. */
  composed: string | null
  /** The list of Hanja is open: the next Enter picks from it. */
  candidates: boolean
  /** An Enter has come that sends as soon as the syllable is committed. */
  waiting: boolean
  /** What kind of composition ended with the key that is down. */
  ended: 'hangul' | 'other' | null
  /** When the Enter of a composition last sent. */
  sentAt: number
}

export const AT_REST: EnterState = { composed: null, candidates: false, waiting: false, ended: null, sentAt: -Infinity }

/** later: send in the next turn of the event loop, by a step with the type 'turn'. block: the browser does nothing. */
export type Act = 'nothing' | 'send' | 'later' | 'block'

/** Chrome on macOS and Windows reports the Enter of a composition twice; a person is slower, a held key is `repeat`. */
const TWICE_MS = 100
/** Keys that open the list of Hanja for the syllable (한자 key; right Ctrl reports itself as HanjaMode on Windows). */
const HANJA_KEYS = new Set(['HanjaMode', 'Lang2', 'F9'])

export function step(state: EnterState, event: BoxEvent): [EnterState, Act] {
  switch (event.type) {
    case 'compositionstart':
      return [{ ...state, composed: '', candidates: false, waiting: false, ended: null }, 'nothing']
    case 'compositionupdate':
      return [{ ...state, composed: event.data ?? '' }, 'nothing']
    case 'compositionend': {
      const hangul = isHangul(event.data || state.composed || '')
      const waiting = state.waiting && hangul
      const ended = hangul ? 'hangul' : 'other'
      // Not within this event: the browser may still commit the syllable or report the Enter once more.
      return [{ ...state, composed: null, candidates: false, waiting, ended }, waiting ? 'later' : 'nothing']
    }
    case 'turn':
      return state.waiting ? sent(state, event) : [state, 'nothing']
    case 'keydown':
      return isEnter(event) ? enter(state, event) : otherKey(state, event)
    case 'keyup':
      return [{ ...state, ended: null }, 'nothing']
    case 'beforeinput':
      // Some input methods hand the remembered Enter on as a line break.
      return [state, state.waiting && event.inputType?.startsWith('insertLine') ? 'block' : 'nothing']
    default:
      return [state, 'nothing']
  }
}

function enter(state: EnterState, event: BoxEvent): [EnterState, Act] {
  if (event.shiftKey || event.ctrlKey || event.metaKey || event.repeat) return [state, 'nothing']
  const composing = state.composed !== null || event.isComposing === true
  // Option+Enter opens the list of Hanja on macOS.
  if (event.altKey) return [{ ...state, candidates: composing }, 'nothing']
  if (composing) return [{ ...state, waiting: isHangul(state.composed ?? '') && !state.candidates }, 'nothing']
  // Safari before the mend of WebKit bug 165004 reports this Enter (229) after the composition has ended.
  const picked = event.keyCode === 229 && state.ended === 'other'
  if (picked) return [{ ...state, ended: null }, 'nothing']
  if (event.timeStamp - state.sentAt < TWICE_MS) return [state, 'block']
  return sent(state, event)
}

function otherKey(state: EnterState, { key = '', code = '' }: BoxEvent): [EnterState, Act] {
  const candidates = state.composed !== null && (state.candidates || HANJA_KEYS.has(key) || HANJA_KEYS.has(code))
  return [{ ...state, candidates, ended: null }, 'nothing']
}

function sent(state: EnterState, event: BoxEvent): [EnterState, Act] {
  const sentAt = state.waiting ? event.timeStamp : state.sentAt
  return [{ ...state, waiting: false, ended: null, sentAt }, 'send']
}

/** While something is composed Windows calls every key 'Process': only `code` says which it is. */
function isEnter({ key, code }: BoxEvent): boolean {
  return key === 'Enter' || (key === 'Process' && (code === 'Enter' || code === 'NumpadEnter'))
}

/** Hangul, with signs and digits where an input method composes whole words, and no other letter. */
function isHangul(text: string): boolean {
  return /^[\p{Script=Hangul}\P{L}]+$/u.test(text) && /\p{Script=Hangul}/u.test(text)
}

const HEARD = ['compositionstart', 'compositionupdate', 'compositionend', 'keydown', 'keyup', 'beforeinput']

/**
 * Sends what stands in `box` with Enter. Shift+Enter breaks the line.
 *
 * @param send gets the text; false leaves it in the box
 * @returns a function that takes the listeners away
 */
export function sendOnEnter(box: HTMLTextAreaElement | HTMLInputElement, send: (text: string) => boolean): () => void {
  let state = AT_REST
  const listeners = new AbortController()
  const sendNow = () => {
    if (box.value.trim() === '' || !send(box.value)) return
    box.value = ''
    box.dispatchEvent(new Event('input', { bubbles: true }))
  }
  const hear = (event: Event | (BoxEvent & { preventDefault: () => void })) => {
    const [next, act] = step(state, event as BoxEvent)
    state = next
    if (act === 'later')
      setTimeout(() => hear({ type: 'turn', timeStamp: performance.now(), preventDefault: () => {} }))
    if (act === 'send' || act === 'block') event.preventDefault()
    if (act === 'send') sendNow()
  }
  for (const type of HEARD) box.addEventListener(type, hear, { signal: listeners.signal })
  return () => listeners.abort()
}
