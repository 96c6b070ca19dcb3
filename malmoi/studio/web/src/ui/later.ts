import { lazy, type ComponentType } from 'react'

/** The first words are on the screen by then on the slowest lines that we measure. */
const REST_MS = 1_500

/**
 * A part that the first words do not wait for. Its file is fetched when it is first shown, else a little after the start:
 * nobody waits at the click, and it opens even when the server has gone away since then.
 *
 *     const KeySheet = later(() => import('./KeySheet'))
 */
export function later<P>(load: () => Promise<{ default: ComponentType<P> }>) {
  // A failure here is no news: the part is asked for again when it is shown.
  addEventListener('load', () => setTimeout(() => void load().catch(() => {}), REST_MS))
  return lazy(load)
}
