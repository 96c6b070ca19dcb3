import type { ErrorComponentProps } from '@tanstack/react-router'
import { useEffect } from 'react'
import { isServerThere, useConnection } from '../api/connection'
import { useLanguage } from '../i18n/language'
import { Button } from '../ui/Button/Button'
import { Note } from '../ui/Note/Note'
import { Page } from '../ui/Page'
import { PageFileError, reloadOnce } from './loadedPage'

/**
 * What stands in the place of a page that failed: the rail still works. Where its file was not there because the server
 * was away, the page mends itself when the server is back.
 */
export function ErrorPage({ error }: ErrorComponentProps) {
  const { t } = useLanguage()
  const isFile = error instanceof PageFileError
  const lost = useConnection() === 'lost'
  useEffect(() => {
    if (isFile && !lost) void isServerThere().then((there) => there && reloadOnce())
  }, [isFile, lost])
  const again = async () => {
    // Without a server a reload would leave the browser's own error page, and nothing that mends itself.
    if (await isServerThere()) location.reload()
  }
  return (
    <Page title={t('broken.title')}>
      <Note kind="bad">
        <p>{t('broken.text')}</p>
        {lost ? (
          <p>{t('broken.waiting')}</p>
        ) : (
          !isFile && <p className="mono">{error instanceof Error ? error.message : String(error)}</p>
        )}
        <Button onPress={() => void again()}>{t('broken.again')}</Button>
      </Note>
    </Page>
  )
}
