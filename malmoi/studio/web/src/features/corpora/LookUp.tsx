import { useRef, useState } from 'react'
import { Button } from 'react-aria-components'
import { useLanguage } from '../../i18n/language'
import { DocumentWindow } from './DocumentWindow'

/** One document by its id: what every step said of it. */
export function LookUp({ run }: { run: string }) {
  const { t } = useLanguage()
  const box = useRef<HTMLInputElement>(null)
  const [asked, setAsked] = useState<string | null>(null)
  return (
    <section className="block" aria-label={t('lookup.title')}>
      <h2>{t('lookup.title')}</h2>
      <form
        className="save-form"
        onSubmit={(event) => {
          event.preventDefault()
          setAsked(box.current?.value.trim() || null)
        }}
      >
        <input
          ref={box}
          className="text-box mono"
          aria-label={t('lookup.id')}
          placeholder={t('lookup.id')}
          spellCheck={false}
        />
        <Button type="submit" className="button">
          {t('lookup.ask')}
        </Button>
      </form>
      <DocumentWindow run={run} id={asked} onClose={() => setAsked(null)} />
    </section>
  )
}
