import { useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Button, Dialog, DialogTrigger, Popover } from 'react-aria-components'
import { useLanguage } from '../i18n/language'
import { classes } from '../ui/classes'
import { Icon } from '../ui/Icon'
import over from '../ui/popover.module.css'
import { Places, useArea, type Place } from './Places'

/** A finger needs 44 px, and 360 px also hold the search, the settings and the way to the rest. */
const SHOWN = 4

/** The first areas side by side, and the others behind one button. */
export function PhoneBar({ places }: { places: Place[] }) {
  const { t } = useLanguage()
  const here = useArea()
  const { pathname } = useLocation()
  const [open, setOpen] = useState(false)
  useEffect(() => setOpen(false), [pathname])
  const rest = places.slice(SHOWN)
  return (
    <>
      <Places places={places.slice(0, SHOWN)} />
      {rest.length > 0 && (
        <DialogTrigger isOpen={open} onOpenChange={setOpen}>
          <Button className="rail-item" aria-current={rest.some(({ path }) => path === here)}>
            <Icon name="more" />
            <span className="rail-name">{t('rail.more')}</span>
          </Button>
          <Popover className={classes(over.popover)} placement="top end">
            <Dialog aria-label={t('rail.more')} className="rail-more">
              <Places places={rest} />
            </Dialog>
          </Popover>
        </DialogTrigger>
      )}
    </>
  )
}
