import { Button } from 'react-aria-components'
import { explain } from '../i18n/errors'
import { useLanguage } from '../i18n/language'

export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t, language } = useLanguage()
  const { sentence, detail } = explain(error, t, language === 'ko')
  return (
    <div className="note note-error" role="alert">
      <p>{sentence}</p>
      {detail && <p className="note-detail mono">{detail}</p>}
      {retry && (
        <Button className="button" onPress={retry}>
          {t('action.retry')}
        </Button>
      )}
    </div>
  )
}
