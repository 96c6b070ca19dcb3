import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Invitation } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { moment } from '../../text/numbers'
import { Button } from '../../ui/Button/Button'
import { Choice } from '../../ui/Choice'
import { CodeBlock } from '../../ui/CodeBlock/CodeBlock'
import { ConfirmDialog } from '../../ui/ConfirmDialog/ConfirmDialog'
import { ErrorNote } from '../../ui/ErrorNote'
import css from './people.module.css'
import { invitations, invite, ROLES, takeBack, type Role } from './queries'

/** A link for one new account, and the links that are still good. */
export function Invite() {
  const { t, language } = useLanguage()
  const client = useQueryClient()
  const [role, setRole] = useState<Role>('editor')
  const [asked, setAsked] = useState<Invitation | null>(null)
  const list = useQuery(invitations()).data?.invitations ?? []
  const again = () => client.invalidateQueries({ queryKey: ['people', 'invitations'] })
  const make = useMutation({ mutationFn: () => invite(role), onSuccess: again })
  const take = useMutation({ mutationFn: (id: string) => takeBack(id), onSettled: again })
  return (
    <section className="block" aria-label={t('people.invite')}>
      <h2>{t('people.invite')}</h2>
      <div className="toolbar">
        <Choice
          label={t('people.role')}
          options={ROLES.map((id) => ({ id, name: t(`role.${id}`) }))}
          value={role}
          onChange={(id) => setRole(id as Role)}
        />
        <Button isPending={make.isPending} onPress={() => make.mutate()}>
          {t('people.make_link')}
        </Button>
      </div>
      <p className="quiet">{t(`role.${role}.help`)}</p>
      {make.error && <ErrorNote error={make.error} />}
      {make.data && <CodeBlock code={`${location.origin}/welcome#${make.data.token}`} label={t('people.link')} />}
      <ul className={css.list}>
        {list.map((one) => (
          <li key={one.id} className={css.row}>
            <span className={css.who}>{t(`role.${one.role}`)}</span>
            <span className="quiet">
              {t('people.until', { time: moment(Date.parse(one.expires) / 1000, language) })}
            </span>
            <Button small onPress={() => setAsked(one)}>
              {t('people.take_back')}
            </Button>
          </li>
        ))}
      </ul>
      <ConfirmDialog
        isOpen={asked !== null}
        title={t('people.take_back_title')}
        verb={t('people.take_back')}
        onConfirm={() => {
          if (asked) take.mutate(asked.id)
          setAsked(null)
        }}
        onCancel={() => setAsked(null)}
      >
        {t('people.take_back_what')}
      </ConfirmDialog>
    </section>
  )
}
