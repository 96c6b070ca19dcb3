import { explain } from '../i18n/errors'
import { useLanguage } from '../i18n/language'
import { Button } from './Button/Button'
import { Note } from './Note/Note'

export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t, language } = useLanguage()
  const { sentence, detail } = explain(error, t, language === 'ko')
  return (
    <Note kind="bad">
      <p>{sentence}</p>
      {detail && <p className="mono">{detail}</p>}
      {retry && <Button onPress={retry}>{t('action.retry')}</Button>}
    </Note>
  )
}
