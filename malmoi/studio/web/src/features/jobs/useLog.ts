import { useEffect, useState } from 'react'
import { getJson } from '../../api/client'
import { logPath } from './queries'
import type { JobLog } from '../../api/schema'

const LIVE_MS = 1_000
/** Characters that are kept on the page; the whole log can be downloaded. */
const MOST_CHARACTERS = 400_000

export interface LogText {
  text: string
  /** Whether something before `text` is left out. */
  isCut: boolean
  /** Whether the first part has come. */
  isRead: boolean
}

/** The log of a job from its last 64 KiB on, and what is added while it goes on. A part that does not come is asked for
 * again from the same byte, so that nothing is missing and nothing stands there twice. */
export function useLog(id: string, going: boolean): LogText {
  const [log, setLog] = useState<LogText>({ text: '', isCut: false, isRead: false })
  const [next, setNext] = useState<number | null>(null)
  useEffect(() => {
    const left = new AbortController()
    const ask = async () => {
      const query = next === null ? '' : `?after=${next}`
      const part = await getJson<JobLog>(logPath(id) + query, { signal: left.signal }).catch(() => null)
      if (left.signal.aborted || part === null) return
      setLog((before) => grown(before, part))
      setNext(part.next)
    }
    const timer = going || next === null ? setInterval(() => void ask(), LIVE_MS) : undefined
    // At its end the rest is asked for at once, part by part, until nothing is new.
    if (next === null || !going) void ask()
    return () => {
      left.abort()
      clearInterval(timer)
    }
  }, [id, going, next])
  return log
}

function grown(before: LogText, part: JobLog): LogText {
  const whole = before.text + part.text
  return {
    text: whole.slice(-MOST_CHARACTERS),
    isCut: before.isCut || whole.length > MOST_CHARACTERS || (!before.isRead && part.start > 0),
    isRead: true,
  }
}
