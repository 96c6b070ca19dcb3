import { useMutation } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
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
