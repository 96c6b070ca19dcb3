import { Suspense, useRef, useState } from 'react'
import { Button } from 'react-aria-components'
import { useLanguage } from '../i18n/language'
import { Icon } from '../ui/Icon'
import { later } from '../ui/later'

const SettingsSheet = later(() => import('./SettingsSheet'))

/** The button of the settings. */
export function Settings() {
  const { t } = useLanguage()
  const button = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button
        ref={button}
        className="rail-item"
        aria-haspopup="dialog"
        aria-expanded={open}
        onPress={() => setOpen(true)}
      >
        <Icon name="settings" />
        <span className="rail-name">{t('rail.settings')}</span>
      </Button>
      <Suspense>{open && <SettingsSheet triggerRef={button} isOpen onOpenChange={setOpen} />}</Suspense>
    </>
  )
}
