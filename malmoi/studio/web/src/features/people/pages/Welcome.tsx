import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { session } from '../../../api/session'
import { useLanguage } from '../../../i18n/language'
import { EmptyState } from '../../../ui/EmptyState/EmptyState'
import { Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'
import { NameAndPassword } from '../NameAndPassword'
import { join } from '../queries'

/**
 * A new account by a link: /welcome#secret. What stands behind # is sent to no server and stands in no log. Where there
 * are no accounts yet it is the link that was printed at the start, and makes the first owner.
 */
export default function Welcome() {
  const { t } = useLanguage()
  const [token] = useState(() => location.hash.slice(1))
  return (
    <Page title={t('people.welcome')}>
      <Loaded query={useQuery(session())} lines={4}>
        {({ has_accounts }) =>
          token.length < 20 ? (
            <EmptyState icon="people" title={t('people.no_token')}>
              {t('people.no_token_how')}
            </EmptyState>
          ) : (
            <Account kind={has_accounts ? 'join' : 'first'} token={token} />
          )
        }
      </Loaded>
    </Page>
  )
}

function Account({ kind, token }: { kind: 'first' | 'join'; token: string }) {
  const { t } = useLanguage()
  const make = useMutation({
    mutationFn: ({ name, password }: { name: string; password: string }) => join(kind, token, name, password),
    onSuccess: () => location.assign('/'),
  })
  return (
    <>
      <p className="lead">{t(`people.${kind}_help`)}</p>
      <NameAndPassword
        verb={t('people.make')}
        isNew
        isPending={make.isPending}
        error={make.error}
        onSend={(name, password) => make.mutate({ name, password })}
      />
    </>
  )
}
