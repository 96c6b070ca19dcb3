import { useQuery } from '@tanstack/react-query'
import { useLanguage } from '../../i18n/language'
import { moment } from '../../text/numbers'
import { Loaded } from '../../ui/Loaded'
import { StatusBadge } from '../../ui/StatusBadge/StatusBadge'
import css from './people.module.css'
import { audit, people } from './queries'

/** The newest lines of the journal, and whether the whole of it is as it was written. */
export function AuditBlock() {
  const { t, language } = useLanguage()
  const names = new Map(useQuery(people()).data?.people.map(({ id, name }) => [id, name]))
  return (
    <section className="block" aria-label={t('people.audit')}>
      <Loaded query={useQuery(audit())} lines={4}>
        {({ lines, wrong }) => (
          <>
            <div className="block-head">
              <h2>{t('people.audit')}</h2>
              <StatusBadge tone={wrong.length === 0 ? 'good' : 'bad'}>
                {t(wrong.length === 0 ? 'people.audit_whole' : 'people.audit_wrong')}
              </StatusBadge>
            </div>
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard */}
            <pre className={`${css.lines} mono`} tabIndex={0} aria-label={t('people.audit')}>
              {lines
                .map(
                  ({ time, person, method, route, status }) =>
                    `${moment(time, language)}  ${names.get(person) ?? (person || '–')}  ${method} ${route}  ${status}`,
                )
                .join('\n')}
            </pre>
          </>
        )}
      </Loaded>
    </section>
  )
}
