import { useEffect, useRef, useState } from 'react'
import { runCard, type Inputs } from '../../api/cards'
import type { CardResult } from '../../api/schema'

export interface CardRunState {
  state: 'none' | 'running' | 'done' | 'stopped' | 'failed'
  prompt: string | null
  progress: { done: number; total: number } | null
  text: string
  result: CardResult | null
  error: unknown
}

const NONE: CardRunState = { state: 'none', prompt: null, progress: null, text: '', result: null, error: null }

/** Runs a card; the state follows its events. `start` resolves with the result, or null without one. */
export function useCardRun(id: string) {
  const [run, setRun] = useState(NONE)
  const current = useRef<AbortController | null>(null)
  useEffect(() => () => current.current?.abort(), [])

  const start = async (inputs: Inputs, decoding: Record<string, number>): Promise<CardResult | null> => {
    current.current?.abort()
    const controller = new AbortController()
    current.current = controller
    let now: CardRunState = { ...NONE, state: 'running' }
    const show = (part: Partial<CardRunState>) => {
      now = { ...now, ...part }
      if (current.current === controller) setRun(now)
    }
    show({})
    try {
      for await (const event of runCard(id, inputs, decoding, controller.signal)) {
        if (event.type === 'start') show({ prompt: event.prompt })
        else if (event.type === 'progress') show({ progress: event })
        else if (event.type === 'delta') show({ text: now.text + event.text })
        else if (event.type === 'result') show({ result: event })
      }
      show({ state: 'done' })
    } catch (error) {
      show(controller.signal.aborted ? { state: 'stopped' } : { state: 'failed', error })
    }
    return now.result
  }
  const stop = () => current.current?.abort()
  return { run, start, stop }
}
