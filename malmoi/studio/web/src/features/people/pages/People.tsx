import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { session } from '../../../api/session'
import type { Member } from '../../../api/schema'
import { useLanguage } from '../../../i18n/language'
import { Button } from '../../../ui/Button/Button'
import { Choice } from '../../../ui/Choice'
import { EmptyState } from '../../../ui/EmptyState/EmptyState'
import { Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'
import { StatusBadge } from '../../../ui/StatusBadge/StatusBadge'
import { toast } from '../../../ui/Toast/toasts'
import { AuditBlock } from '../AuditBlock'
import { Invite } from '../Invite'
import css from '../people.module.css'
import { changeMember, people, ROLES, type Role } from '../queries'

/** Who may do what here: accounts, roles, invitations, and what was changed by whom. */
export default function People() {
  const { t } = useLanguage()
  return (
    <Page title={t('people.title')}>
      <Loaded query={useQuery(session())} lines={6}>
        {(me) =>
          me.has_accounts ? (
            <>
              <Members me={me.person?.id ?? ''} />
              <Invite />
              <AuditBlock />
            </>
          ) : (
            <EmptyState icon="people" title={t('people.alone')}>
              {t('people.alone_how')}
            </EmptyState>
          )
        }
      </Loaded>
    </Page>
  )
}

function Members({ me }: { me: string }) {
  const { t } = useLanguage()
  return (
    <section className="block" aria-label={t('people.members')}>
      <h2>{t('people.members')}</h2>
      <Loaded query={useQuery(people())} lines={4}>
        {({ people: list }) => (
          <ul className={css.list}>
            {list.map((member) => (
              <Row key={member.id} member={member} isMe={member.id === me} />
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  )
}

function Row({ member, isMe }: { member: Member; isMe: boolean }) {
  const { t } = useLanguage()
  const client = useQueryClient()
  const change = useMutation({
    mutationFn: ({ role, blocked }: { role: Role; blocked: boolean }) => changeMember(member.id, role, blocked),
    onSettled: () => client.invalidateQueries({ queryKey: ['people'] }),
    onError: () => toast(t('people.change_failed')),
  })
  const { name, role, blocked } = member
  const back = () => change.mutateAsync({ role, blocked }).then(() => undefined)
  const give = (next: Role) =>
    change.mutate(
      { role: next, blocked },
      { onSuccess: () => toast(t('people.role_given', { name, role: t(`role.${next}`) }), back) },
    )
  const block = () =>
    change.mutate(
      { role, blocked: !blocked },
      { onSuccess: () => toast(t(blocked ? 'people.let_in' : 'people.blocked', { name }), back) },
    )
  return (
    <li className={css.row}>
      <span className={css.who}>
        <strong>{name}</strong> {isMe && <span className="quiet">{t('people.me')}</span>}
      </span>
      {blocked && <StatusBadge tone="warn">{t('people.is_blocked')}</StatusBadge>}
      <Choice
        label={t('people.role_of', { name })}
        hideLabel
        options={ROLES.map((id) => ({ id, name: t(`role.${id}`) }))}
        value={role}
        onChange={(id) => give(id as Role)}
      />
      <Button small isPending={change.isPending} onPress={block}>
        {t(blocked ? 'people.unblock' : 'people.block')}
      </Button>
    </li>
  )
}
