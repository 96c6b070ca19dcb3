import { useEffect, useRef } from 'react'

/** What the Run button and its keys start and stop on a page. */
export interface Runner {
  running: boolean
  run: () => void
  stop: () => void
}

/** Ctrl/Cmd+Enter runs, Esc stops, wherever the focus is. */
export function useRunKeys(runner: Runner): void {
  const latest = useRef(runner)
  useEffect(() => {
    latest.current = runner
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { running, run, stop } = latest.current
      if (event.key === 'Escape' && running && !event.defaultPrevented) stop()
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || running) return
      event.preventDefault()
      // A syllable that is still being composed belongs to the text: run once it is committed.
      if (event.isComposing) {
        event.target?.addEventListener('compositionend', () => setTimeout(() => latest.current.run()), { once: true })
      } else run()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}
