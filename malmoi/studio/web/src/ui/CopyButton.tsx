import { useState } from 'react'
import { useLanguage } from '../i18n/language'
import { Button } from './Button/Button'

const SAID_MS = 1_600

export function CopyButton({ text }: { text: () => string | Promise<string> }) {
  const { t } = useLanguage()
  const [said, setSaid] = useState<'copied' | 'refused' | null>(null)
  const copy = async () => {
    // Browsers give the clipboard only to https and loopback pages.
    const done = await navigator.clipboard?.writeText(await text()).then(
      () => true,
      () => false,
    )
    setSaid(done ? 'copied' : 'refused')
    setTimeout(() => setSaid(null), SAID_MS)
  }
  const label =
    said === 'copied' ? t('action.copied') : said === 'refused' ? t('action.copy_refused') : t('action.copy')
  return (
    <Button small onPress={() => void copy()}>
      <span aria-live="polite">{label}</span>
    </Button>
  )
}
