import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { NONE, type Answer } from './answer'
import type { Question } from './ask'
import { askedIn, askIn, putIn, stopIn, subscribeToPlaces } from './places'
import { answerOf, subscribe } from './store'

/** An answer by its id, as it comes; with null there is none. */
export function useAnswer(id: string | null): Answer {
  const listen = useCallback((listener: () => void) => (id === null ? () => undefined : subscribe(id, listener)), [id])
  // Before it is followed there is no entry, and a new object each time would be a change each time.
  const opening = useMemo<Answer>(() => (id === null ? NONE : { ...NONE, id, state: 'opening' }), [id])
  return useSyncExternalStore(listen, () => {
    if (id === null) return NONE
    const now = answerOf(id)
    return now.state === 'opening' && now.text === '' ? opening : now
  })
}

export interface Run {
  answer: Answer
  /** Asks; the answer comes into `answer`. Resolves with its id once the server has it, or null if it was refused. */
  ask: (question: Question) => Promise<string | null>
  stop: () => void
  /** Shows nothing, or another answer, here. It ends none. */
  show: (id: string | null) => void
}

/**
 * The answer of one place in this tab, as `play.<draft>` or `card.<id>`. It is there again after a reload or another
 * page, as far as it has come meanwhile: only `stop` ends it.
 */
export function useRun(place: string): Run {
  const asked = useSyncExternalStore(subscribeToPlaces, () => askedIn(place))
  const answer = useAnswer(asked.id)
  return useMemo<Run>(() => {
    const shown: Answer = asked.isAsking
      ? { ...NONE, state: 'running' }
      : asked.error !== null
        ? { ...NONE, state: 'failed', error: asked.error }
        : answer.state === 'gone'
          ? NONE
          : answer
    return {
      answer: shown,
      ask: (question) => askIn(place, question),
      stop: () => void stopIn(place),
      show: (id) => putIn(place, id),
    }
  }, [asked, answer, place])
}
