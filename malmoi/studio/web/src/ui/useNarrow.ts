import { useLayoutEffect, useRef, useState, type RefObject } from 'react'

/** Whether an element is narrower than so many pixels now: what @container is for styles, for what is drawn otherwise. */
export function useNarrow(px: number): [RefObject<HTMLDivElement | null>, boolean] {
  const box = useRef<HTMLDivElement>(null)
  const [narrow, setNarrow] = useState(false)
  useLayoutEffect(() => {
    const now = box.current
    if (!now) return
    setNarrow(now.clientWidth < px)
    const seen = new ResizeObserver(() => setNarrow(now.clientWidth < px))
    seen.observe(now)
    return () => seen.disconnect()
  }, [px])
  return [box, narrow]
}
