import { useSyncExternalStore } from 'react'

/** Whether the media query holds now; the component is drawn again when that changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = matchMedia(query)
      media.addEventListener('change', changed)
      return () => media.removeEventListener('change', changed)
    },
    () => matchMedia(query).matches,
  )
}

/** Below this width the rail is a bar at the bottom (same number in styles/shell.css). */
export const PHONE = '(max-width: 767px)'
