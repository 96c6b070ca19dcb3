import { useCallback, useEffect, useRef, useState, type RefObject } from 'react'

/** Nearer to the end than this a reader is at the end: a line is 24 px high. */
const NEAR_PX = 40

export interface FollowEnd {
  /** Put it around what grows. */
  content: RefObject<HTMLDivElement | null>
  /** Something has come below what the reader sees. */
  hasNew: boolean
  toEnd: () => void
}

/**
 * Keeps the end of a growing text in sight, as long as the reader is there; who has scrolled up is not moved, and
 * learns that there is more. The box that scrolls is the nearest one around `content`; a foot that sticks to its bottom
 * covers nothing, because the end means the end of the box. `isOn`: while something is being written.
 */
export function useFollowEnd(isOn: boolean): FollowEnd {
  const content = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  const [hasNew, setHasNew] = useState(false)
  const toEnd = useCallback(() => {
    const box = scrollBox(content.current)
    if (!box) return
    isAtEnd.current = true
    box.scrollTop = box.scrollHeight
    setHasNew(false)
  }, [])
  useEffect(() => {
    const box = scrollBox(content.current)
    if (!box || !content.current) return
    isAtEnd.current = rest(box) <= NEAR_PX
    let height = content.current.offsetHeight
    const look = () => {
      isAtEnd.current = rest(box) <= NEAR_PX
      if (isAtEnd.current) setHasNew(false)
    }
    const grown = () => {
      const now = content.current?.offsetHeight ?? 0
      const isMore = now > height
      height = now
      if (!isOn || !isMore) return
      if (isAtEnd.current) box.scrollTop = box.scrollHeight
      else setHasNew(true)
    }
    const watch = new ResizeObserver(grown)
    watch.observe(content.current)
    box.addEventListener('scroll', look, { passive: true })
    return () => {
      watch.disconnect()
      box.removeEventListener('scroll', look)
    }
  }, [isOn])
  return { content, hasNew: hasNew && isOn, toEnd }
}

function rest(box: HTMLElement): number {
  return box.scrollHeight - box.scrollTop - box.clientHeight
}

function scrollBox(element: HTMLElement | null): HTMLElement | null {
  for (let box = element?.parentElement ?? null; box; box = box.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(box).overflowY)) return box
  }
  return document.scrollingElement as HTMLElement | null
}
