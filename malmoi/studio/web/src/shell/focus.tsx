import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef, type MouseEvent } from 'react'
import { useLanguage } from '../i18n/language'

/** The heading on the screen. A page that is left stays hidden until the next one is there. */
const heading = () =>
  [...document.querySelectorAll<HTMLElement>('.page h1')].find((each) => each.checkVisibility()) ?? null

/** The first thing that Tab reaches: past the rail to the page. */
export function SkipLink() {
  const { t } = useLanguage()
  const skip = (event: MouseEvent) => {
    event.preventDefault() // the address stays: #main would be one more step for Back
    heading()?.focus()
  }
  return (
    <a href="#main" className="skip-link" onClick={skip}>
      {t('skip.to_page')}
    </a>
  )
}

/**
 * After each way to another page, its heading has the focus, so that a screen reader says where one is.
 *
 * A page that was only opened at another place (a row chosen, a window opened over it) keeps its heading and the focus.
 */
export function useFocusOnHeading(): void {
  const router = useRouter()
  const last = useRef<HTMLElement | null>(null)
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation }) => {
        const now = heading()
        if (fromLocation && now !== last.current && !document.querySelector('[role=dialog]')) {
          now?.focus({ preventScroll: true })
        }
        last.current = now
      }),
    [router],
  )
}
