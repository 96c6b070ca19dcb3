import { explain } from '../i18n/errors'
import { useLanguage } from '../i18n/language'
import { Button } from './Button/Button'
import { Note } from './Note/Note'

/** An error in words. `retry` is offered where the same request may succeed a little later, and nowhere else. */
export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t, language } = useLanguage()
  const { sentence, detail, mayPass } = explain(error, t, language)
  return (
    <Note kind="bad">
      <p>{sentence}</p>
      {detail && <p className="mono">{detail}</p>}
      {retry && mayPass && <Button onPress={retry}>{t('action.retry')}</Button>}
    </Note>
  )
}
