import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useLanguage } from '../../../i18n/language'
import { Choice } from '../../../ui/Choice'
import { EmptyState } from '../../../ui/EmptyState/EmptyState'
import { Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'
import { form, startable } from '../queries'
import { COMMANDS, type Command } from '../search'
import { StartForm } from '../StartForm'
import type { Startable } from '../../../api/schema'

/** The form that starts a job: which command, with which recipe, for which run, and what is to be otherwise. */
export default function NewJob() {
  const { t } = useLanguage()
  return (
    <Page title={t('jobs.new')}>
      <Link to="/jobs" className="back">
        ← {t('jobs.all')}
      </Link>
      <Loaded query={useQuery(startable())} lines={8}>
        {(found) =>
          found.recipes.length === 0 ? (
            <EmptyState icon="jobs" title={t('jobs.no_recipe')}>
              {t('jobs.no_recipe_how')}
            </EmptyState>
          ) : (
            <Chosen startable={found} />
          )
        }
      </Loaded>
    </Page>
  )
}

function Chosen({ startable: { recipes, runs } }: { startable: Startable }) {
  const { t } = useLanguage()
  const { command = 'corpus', recipe: asked, run } = useSearch({ from: '/jobs/new' })
  const navigate = useNavigate()
  const recipe = recipes.find(({ name }) => name === asked) ?? recipes.find((one) => one.run === run) ?? recipes[0]!
  const choose = (next: { command?: Command; recipe?: string }) =>
    void navigate({ to: '/jobs/new', search: { command, recipe: recipe.name, run, ...next }, replace: true })
  const query = useQuery(form(command, recipe.name))
  return (
    <>
      <div className="toolbar">
        <Choice
          label={t('jobs.what')}
          options={COMMANDS.map((id) => ({ id, name: t(`jobs.command.${id}`) }))}
          value={command}
          onChange={(id) => choose({ command: id as Command })}
        />
        <Choice
          label={t('jobs.recipe')}
          options={recipes.map(({ name }) => ({ id: name, name }))}
          value={recipe.name}
          onChange={(name) => choose({ recipe: name })}
        />
      </div>
      <p className="quiet">{t(`jobs.command.${command}.help`)}</p>
      <Loaded query={query} lines={8}>
        {(found) => <StartForm key={`${command} ${recipe.name}`} form={found} run={run ?? recipe.run} runs={runs} />}
      </Loaded>
    </>
  )
}
