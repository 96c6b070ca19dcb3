import { lazy, Suspense, useState } from 'react'
import { useLanguage } from '../../i18n/language'
import { useKeys } from '../../ui/keys/useKeys'
import type { Finder } from '../commandPalette/found'
import { PaletteContext } from '../commandPalette/context'
import { KeySheet } from './KeySheet'

// Loaded when it is first opened: nobody waits for it at the start.
const CommandPalette = lazy(() => import('../commandPalette/CommandPalette'))

/** The keys that work on every page: Ctrl+K finds, ? shows the keys. `finders` say where to find what. */
export function Keys({ finders, children }: { finders: Finder[]; children: React.ReactNode }) {
  const { t } = useLanguage()
  const [open, setOpen] = useState<'palette' | 'sheet' | null>(null)
  const close = () => setOpen(null)
  useKeys('everywhere', [
    { keys: 'Mod+k', does: t('palette.title'), run: () => setOpen(open === 'palette' ? null : 'palette') },
    { keys: '?', does: t('keys.title'), run: () => setOpen('sheet') },
  ])
  return (
    <PaletteContext value={() => setOpen('palette')}>
      {children}
      <Suspense>
        {open === 'palette' && <CommandPalette finders={finders} onClose={close} onKeys={() => setOpen('sheet')} />}
      </Suspense>
      <KeySheet isOpen={open === 'sheet'} onClose={close} />
    </PaletteContext>
  )
}
