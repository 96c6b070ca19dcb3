import { Button } from 'react-aria-components'
import { explain } from '../i18n/errors'
import { useLanguage } from '../i18n/language'

/** An error in words. `retry` is offered where the same request may succeed a little later, and nowhere else. */
export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t, language } = useLanguage()
  const { sentence, detail, mayPass } = explain(error, t, language)
  return (
    <div className="note note-error" role="alert">
      <p>{sentence}</p>
      {detail && <p className="note-detail mono">{detail}</p>}
      {retry && mayPass && (
        <Button className="button" onPress={retry}>
          {t('action.retry')}
        </Button>
      )}
    </div>
  )
}
