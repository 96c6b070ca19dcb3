import { useEffect, useRef, type RefObject } from 'react'
import { sendOnEnter } from '../text/oneEnter'

/** Sends what is in the box with Enter (see sendOnEnter); the function returned does it for a button. */
export function useSendOnEnter(
  box: RefObject<HTMLTextAreaElement | null>,
  send: (text: string) => boolean,
): () => void {
  const latest = useRef(send)
  useEffect(() => {
    latest.current = send
  })
  // Attached once: a listener that is replaced between two events of a composition would forget it.
  useEffect(() => (box.current ? sendOnEnter(box.current, (text) => latest.current(text)) : undefined), [box])
  return () => {
    const now = box.current
    if (!now || now.value.trim() === '' || !send(now.value)) return
    now.value = ''
    now.focus()
  }
}
