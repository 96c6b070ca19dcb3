import { useEffect, useRef, useState } from 'react'
import { stream, type Generation, type Usage } from '../../api/completions'
import type { Token } from '../../api/completions'

export interface Answer {
  state: 'none' | 'running' | 'done' | 'stopped' | 'failed'
  text: string
  tokens: Token[]
  finish: string | null
  usage: Usage | null
  seconds: number
  error: unknown
}

const NONE: Answer = { state: 'none', text: '', tokens: [], finish: null, usage: null, seconds: 0, error: null }

/** One streamed answer at a time. Leaving the page stops it, as the stop button does. */
export function useGeneration() {
  const [answer, setAnswer] = useState<Answer>(NONE)
  const current = useRef<AbortController | null>(null)
  useEffect(() => () => current.current?.abort(), [])

  const run = async (generation: Generation, onEnd?: (text: string) => void) => {
    current.current?.abort()
    const controller = new AbortController()
    current.current = controller
    const start = performance.now()
    let now: Answer = { ...NONE, state: 'running' }
    const show = (part: Partial<Answer>) => {
      now = { ...now, ...part, seconds: (performance.now() - start) / 1000 }
      if (current.current === controller) setAnswer(now)
    }
    show({})
    try {
      for await (const delta of stream(generation, controller.signal)) {
        show({
          text: now.text + delta.text,
          tokens: delta.tokens.length ? [...now.tokens, ...delta.tokens] : now.tokens,
          finish: delta.finish ?? now.finish,
          usage: delta.usage ?? now.usage,
        })
      }
      show({ state: 'done' })
    } catch (error) {
      show(controller.signal.aborted ? { state: 'stopped' } : { state: 'failed', error })
    }
    if (current.current === controller) onEnd?.(now.text)
  }

  const stop = () => current.current?.abort()
  const clear = () => {
    current.current?.abort()
    current.current = null
    setAnswer(NONE)
  }
  return { answer, run, stop, clear }
}
