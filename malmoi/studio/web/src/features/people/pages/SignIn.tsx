import { useMutation, useQuery } from '@tanstack/react-query'
import { Navigate, useSearch } from '@tanstack/react-router'
import { session } from '../../../api/session'
import { useLanguage } from '../../../i18n/language'
import { Page } from '../../../ui/Page'
import { NameAndPassword } from '../NameAndPassword'
import { signIn } from '../queries'

/** Name and password; then one goes on where one wanted to go. */
export default function SignIn() {
  const { t } = useLanguage()
  const { next = '/' } = useSearch({ from: '/sign-in' })
  const enter = useMutation({
    mutationFn: ({ name, password }: { name: string; password: string }) => signIn(name, password),
    // Opened anew: nothing that somebody else has seen at this browser is shown.
    onSuccess: () => location.assign(next),
  })
  const me = useQuery(session()).data
  // A studio without accounts has nobody to sign in.
  if (me && !me.has_accounts) return <Navigate to="/" replace />
  return (
    <Page title={t('people.sign_in')}>
      <p className="lead">{t('people.sign_in_help')}</p>
      <NameAndPassword
        verb={t('people.enter')}
        isNew={false}
        isPending={enter.isPending}
        error={enter.error}
        onSend={(name, password) => enter.mutate({ name, password })}
      />
    </Page>
  )
}
