import { useLocation } from '@tanstack/react-router'
import { Suspense, useEffect, useRef, useState } from 'react'
import { Button } from 'react-aria-components'
import { useLanguage } from '../i18n/language'
import { Icon } from '../ui/Icon'
import { later } from '../ui/later'
import { Places, useArea, type Place } from './Places'

const RestSheet = later(() => import('./RestSheet'))

/** A finger needs 44 px, and 360 px also hold the search, the settings and the way to the rest. */
const SHOWN = 4

/** The first areas side by side, and the others behind one button. */
export function PhoneBar({ places }: { places: Place[] }) {
  const { t } = useLanguage()
  const here = useArea()
  const { pathname } = useLocation()
  const button = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  useEffect(() => setOpen(false), [pathname])
  const rest = places.slice(SHOWN)
  return (
    <>
      <Places places={places.slice(0, SHOWN)} />
      {rest.length > 0 && (
        <Button
          ref={button}
          className="rail-item"
          aria-haspopup="dialog"
          aria-expanded={open}
          aria-current={rest.some(({ path }) => path === here)}
          onPress={() => setOpen(true)}
        >
          <Icon name="more" />
          <span className="rail-name">{t('rail.more')}</span>
        </Button>
      )}
      <Suspense>{open && <RestSheet triggerRef={button} isOpen onOpenChange={setOpen} places={rest} />}</Suspense>
    </>
  )
}
