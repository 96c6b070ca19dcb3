import { useEffect, useState } from 'react'
import { recallJson, remember } from '../../ui/memory'
import type { Value } from './changes'

interface Written {
  changes: Record<string, Value>
  options: Record<string, Value>
}
const NOTHING: Written = { changes: {}, options: {} }
const PAUSE_MS = 300

/** What was written into the form of a command and a recipe; it is there again after leaving or reloading the page. */
export function useWritten(command: string, recipe: string) {
  const key = `job.${command}.${recipe}`
  const [written, setWritten] = useState<Written>(() => recallJson(key, NOTHING))
  const [round, setRound] = useState(0)
  const write = (part: keyof Written, values: Record<string, Value>) => {
    const next = { ...written, [part]: values }
    setWritten(next)
    remember(key, JSON.stringify(next))
  }
  const forget = () => {
    setWritten(NOTHING)
    setRound(round + 1)
    remember(key, JSON.stringify(NOTHING))
  }
  return { ...written, round, write, forget }
}

/** `value` once it has rested for a moment, so that not every key asks the server. */
export function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value)
  const text = JSON.stringify(value)
  useEffect(() => {
    const timer = setTimeout(() => setRested(JSON.parse(text) as T), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  return rested
}
