import { useEffect, useRef } from 'react'

/** Runs the act given last, once nothing new has come for a while; not after the component is gone. */
export function useLater(pauseMs: number): (act: () => void) => void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  return (act) => {
    clearTimeout(timer.current)
    timer.current = setTimeout(act, pauseMs)
  }
}
