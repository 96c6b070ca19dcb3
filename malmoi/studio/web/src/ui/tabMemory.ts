import { useState } from 'react'

/**
 * State that outlives the page within this tab: leaving and coming back, or a reload, finds it as it was. Another tab
 * has its own (F6). Storage that is full or refused means that nothing is remembered, never that work stops.
 */
export function useTabMemory<T>(key: string, initial: T): [T, (next: T) => void] {
  const name = `malmoi.${key}`
  const [value, setValue] = useState<T>(() => {
    try {
      const kept = sessionStorage.getItem(name)
      return kept === null ? initial : (JSON.parse(kept) as T)
    } catch {
      return initial
    }
  })
  const keep = (next: T) => {
    setValue(next)
    try {
      sessionStorage.setItem(name, JSON.stringify(next))
    } catch {
      // Full or refused.
    }
  }
  return [value, keep]
}
