import { Suspense, useState } from 'react'
import { useLanguage } from '../../i18n/language'
import { later } from '../../ui/later'
import { useKeys } from '../../ui/keys/useKeys'
import type { Finder } from '../commandPalette/found'
import { PaletteContext } from '../commandPalette/context'

const CommandPalette = later(() => import('../commandPalette/CommandPalette'))
const KeySheet = later(() => import('./KeySheet'))

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
        {open === 'sheet' && <KeySheet onClose={close} />}
      </Suspense>
    </PaletteContext>
  )
}
