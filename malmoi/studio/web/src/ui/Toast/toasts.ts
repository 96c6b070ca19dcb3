import { UNSTABLE_ToastQueue as ToastQueue } from 'react-aria-components'

/** How long an undo is offered (the studio's review, F5). The clock rests while the toast has the pointer or focus. */
export const TOAST_MS = 6_000
const MOST_SHOWN = 3

export interface ToastWords {
  /** What happened, as a sentence: '프롬프트를 지웠어요.' */
  text: string
  /** Takes it back. It may fail: then that is said in a new toast. */
  undo?: () => void | Promise<void>
  /** Set by `say`: a person who has written since then means the text with Ctrl+Z. */
  at: number
}

/** One queue for the whole studio; <Toasts /> in the app draws it. */
export const toasts = new ToastQueue<ToastWords>({ maxVisibleToasts: MOST_SHOWN })

/**
 * Says what was done, for 6 seconds.
 *
 *     toast(t('prompts.removed', { title }), () => restore(id))
 *
 * The newest toast with `undo` also answers Ctrl+Z (⌘Z). Returns a function that takes the toast away, for an object
 * that is gone before its undo is.
 */
export function toast(text: string, undo?: () => void | Promise<void>): () => void {
  const words: ToastWords = { text, at: performance.now(), ...(undo && { undo }) }
  const key = toasts.add(words, { timeout: TOAST_MS })
  return () => toasts.close(key)
}
