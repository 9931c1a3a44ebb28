#!/usr/bin/python3
"""Put the demo merchant into a fresh Tryton 6.0 database.

    seed.py --config trytond.conf --database NAME

up.sh makes the database, with the modules this needs, and calls this with the
distribution's Python. It works inside the trytond package, through proteus and
as its admin, so no server has to run. The same packages give the same codes,
names, prices, ids and document numbers; only dates follow the day.

The merchant is "Quincaillerie Boréale inc." of Montréal: 30 products in three
families, three price lists, ten customers with their addresses, terms, taxes and
credit limits, one carrier, stock on hand, five users, and seven orders in
different states. The embedded books know the same merchant.
"""
import argparse
import sys
from datetime import date, timedelta
from decimal import Decimal as D

from dateutil.relativedelta import relativedelta
from proteus import Model, Wizard
from proteus import config as proteus

PASSWORD = 'Kiosque-42-bleu'    # of every demo user
COMPANY = "Quincaillerie Boréale inc."

PROVINCES = [
    ('CA-AB', "Alberta", 'province'), ('CA-BC', "British Columbia", 'province'),
    ('CA-MB', "Manitoba", 'province'), ('CA-NB', "New Brunswick", 'province'),
    ('CA-NL', "Newfoundland and Labrador", 'province'),
    ('CA-NS', "Nova Scotia", 'province'),
    ('CA-NT', "Northwest Territories", 'territory'),
    ('CA-NU', "Nunavut", 'territory'), ('CA-ON', "Ontario", 'province'),
    ('CA-PE', "Prince Edward Island", 'province'),
    ('CA-QC', "Quebec", 'province'), ('CA-SK', "Saskatchewan", 'province'),
    ('CA-YT', "Yukon Territory", 'territory'),
    ]

# family, its French name
FAMILIES = [("Fasteners", "Visserie"), ("Tools", "Outillage"),
    ("Safety", "Sécurité")]

# family, English name, French name, list price, cost, default unit, sale
# unit, on hand (default unit)
PRODUCTS = [
    ("Fasteners", "Wood screw #8 x 1-1/2 in", "Vis à bois no 8 x 1-1/2 po", '0.12', '0.05', 'Unit', 'Box of 100', 50000),
    ("Fasteners", "Deck screw #10 x 3 in", "Vis à terrasse no 10 x 3 po", '0.21', '0.09', 'Unit', 'Box of 100', 40000),
    ("Fasteners", "Hex bolt M8 x 40", "Boulon hexagonal M8 x 40", '0.45', '0.18', 'Unit', 'Unit', 12000),
    ("Fasteners", "Hex nut M8", "Écrou hexagonal M8", '0.10', '0.03', 'Unit', 'Unit', 20000),
    ("Fasteners", "Flat washer M8", "Rondelle plate M8", '0.06', '0.02', 'Unit', 'Unit', 30000),
    ("Fasteners", "Threaded rod M10, 1 m", "Tige filetée M10, 1 m", '6.90', '3.10', 'Unit', 'Unit', 400),
    ("Fasteners", "Concrete anchor 3/8 in", "Ancrage à béton 3/8 po", '1.85', '0.74', 'Unit', 'Unit', 5000),
    ("Fasteners", "Finishing nails, bulk", "Clous de finition en vrac", '7.25', '3.60', 'Kilogram', 'Kilogram', 900),
    ("Fasteners", "Steel wire 2 mm", "Fil d'acier 2 mm", '1.15', '0.42', 'Meter', 'Meter', 8000),
    ("Fasteners", "Corner bracket 50 mm", "Équerre 50 mm", '2.40', '0.95', 'Unit', 'Unit', 3000),
    ("Tools", "Claw hammer 16 oz", "Marteau à panne fendue 16 oz", '24.50', '12.10', 'Unit', 'Unit', 220),
    ("Tools", "Cordless drill 18 V", "Perceuse sans fil 18 V", '189.00', '118.00', 'Unit', 'Unit', 85),
    ("Tools", "Impact driver 18 V", "Visseuse à chocs 18 V", '209.00', '129.00', 'Unit', 'Unit', 64),
    ("Tools", "Circular saw 7-1/4 in", "Scie circulaire 7-1/4 po", '164.95', '98.40', 'Unit', 'Unit', 40),
    ("Tools", "Tape measure 8 m", "Ruban à mesurer 8 m", '17.99', '7.20', 'Unit', 'Unit', 500),
    ("Tools", "Torpedo level", "Niveau torpille", '21.75', '9.80', 'Unit', 'Unit', 160),
    ("Tools", "Drill bit set, 21 pc", "Jeu de forets, 21 pièces", '39.90', '17.50', 'Unit', 'Unit', 300),
    ("Tools", "Hacksaw", "Scie à métaux", '19.25', '8.40', 'Unit', 'Unit', 140),
    ("Tools", "Bolt cutter 24 in", "Coupe-boulons 24 po", '58.00', '29.90', 'Unit', 'Unit', 45),
    ("Tools", "Work light LED 20 W", "Lampe de travail DEL 20 W", '64.50', '31.25', 'Unit', 'Unit', 0),
    ("Safety", "Safety glasses, clear", "Lunettes de sécurité claires", '6.80', '2.45', 'Unit', 'Unit', 1500),
    ("Safety", "Nitrile gloves, box of 100", "Gants de nitrile, boîte de 100", '18.40', '8.90', 'Unit', 'Unit', 2000),
    ("Safety", "Hard hat, white", "Casque de chantier blanc", '22.00', '10.60', 'Unit', 'Unit', 350),
    ("Safety", "Hi-vis vest, class 2", "Veste haute visibilité, classe 2", '15.50', '6.10', 'Unit', 'Unit', 600),
    ("Safety", "Ear muffs NRR 27", "Protège-oreilles NRR 27", '27.30', '13.00', 'Unit', 'Unit', 180),
    ("Safety", "N95 respirator, box of 20", "Respirateur N95, boîte de 20", '31.00', '14.75', 'Unit', 'Unit', 800),
    ("Safety", "First aid kit, 25 people", "Trousse de secours, 25 personnes", '74.00', '38.20', 'Unit', 'Unit', 60),
    ("Safety", "Fall harness", "Harnais antichute", '149.00', '86.00', 'Unit', 'Unit', 25),
    ("Safety", "Safety boots, size 10", "Bottes de sécurité, taille 10", '139.95', '81.00', 'Unit', 'Unit', 70),
    ("Safety", "Equipment calibration visit", "Visite d'étalonnage", '95.00', '0.00', 'Unit', 'Unit', None),
    ]

# Price lists: the first line that matches wins, so the most precise line and
# the highest break come first.
#   (product code or None, family or None, minimum quantity or None, formula)
PRICE_LISTS = {
    'CONTRACTOR': [
        ('PRD-012', None, 10, 'unit_price * 0.85'),
        ('PRD-012', None, 5, 'unit_price * 0.90'),
        (None, 'Fasteners', 1000, 'unit_price * 0.80'),
        (None, 'Fasteners', None, 'unit_price * 0.90'),
        (None, None, None, 'unit_price * 0.95'),
        ],
    'DISTRIBUTOR': [
        ('PRD-022', None, 144, '11.25'),
        ('PRD-022', None, 48, '12.00'),
        ('PRD-022', None, None, '12.90'),
        (None, 'Fasteners', 5000, 'cost_price * 1.25'),
        (None, 'Fasteners', None, 'cost_price * 1.40'),
        (None, 'Tools', 12, 'list_price * 0.72'),
        (None, None, None, 'list_price * 0.78'),
        ],
    'KEY ACCOUNT': [
        ('PRD-026', None, 200, '22.40'),
        ('PRD-026', None, 50, '24.80'),
        (None, 'Safety', 24, 'unit_price * 0.75'),
        (None, 'Safety', None, 'unit_price * 0.82'),
        (None, None, 100, 'unit_price * 0.84'),
        (None, None, None, 'unit_price * 0.90'),
        ],
    }

# code, name, language, street, city, postal code, subdivision, price list,
# payment term, tax rule, credit limit (None: no limit), second address
CUSTOMERS = [
    ('C1001', "Construction Rivard ltée", 'fr', "1200, rue Sherbrooke O", "Montréal", "H3A 1H6", 'CA-QC', 'CONTRACTOR', 'Net 30', None, '15000', ("Chantier Laval", "455, boul. Chomedey", "Laval", "H7V 2X4", 'CA-QC')),
    ('C1002', "Menuiserie Tremblay inc.", 'fr', "87, rue Saint-Jean", "Québec", "G1R 1N4", 'CA-QC', 'CONTRACTOR', 'Net 30', None, '8000', None),
    ('C1003', "Distribution Nordik S.E.N.C.", 'fr', "3300, boul. Royal", "Trois-Rivières", "G9A 4M3", 'CA-QC', 'DISTRIBUTOR', 'Net 60', None, '60000', ("Entrepôt 2", "18, rue du Port", "Sept-Îles", "G4R 5E1", 'CA-QC')),
    ('C1004', "Great Lakes Supply Co.", 'en', "240 King St W", "Toronto", "M5V 1J5", 'CA-ON', 'DISTRIBUTOR', 'Net 30', 'Ontario', '40000', ("Hamilton yard", "77 Burlington St E", "Hamilton", "L8L 4G8", 'CA-ON')),
    ('C1005', "Maritime Builders Inc.", 'en', "15 Barrington St", "Halifax", "B3J 1Z2", 'CA-NS', 'KEY ACCOUNT', 'Net 30', 'Atlantic', '25000', None),
    ('C1006', "Prairie Safety Ltd.", 'en', "901 8 Ave SW", "Calgary", "T2P 1H7", 'CA-AB', 'KEY ACCOUNT', '50/50', 'Rest of Canada', '20000', None),
    ('C1007', "Ville de Saint-Élie", 'fr', "1, place de l'Hôtel-de-Ville", "Saint-Élie", "G0X 2N0", 'CA-QC', None, 'Net 30', 'Exempt', None, None),
    ('C1008', "Vermont Hardware LLC", 'en', "12 Church St", "Burlington", "05401", 'US-VT', 'DISTRIBUTOR', 'Due on receipt', 'Exempt', '10000', None),
    ('C1009', "Toitures Gagnon enr.", 'fr', "640, rue King E", "Sherbrooke", "J1G 1C1", 'CA-QC', None, 'Due on receipt', None, '500', None),
    ('C1010', "Client comptant / Cash sale", 'fr', "5, rue de la Gare", "Montréal", "H2X 1A1", 'CA-QC', None, 'Due on receipt', None, '0', None),
    ]

# login, name, groups
USERS = [
    ('connector', "Connector (machine user)", ["Sales", "Account", "Stock",
            "Payment", "Payment Approval", "Statement", "Party Administration",
            "Product Administration", "Account Credit Limit"]),
    ('sales', "Sylvie Sales", ["Sales", "Party Administration"]),
    ('receivable', "Rémi Receivable", ["Account", "Payment",
            "Payment Approval", "Statement"]),
    ('warehouse', "Walid Warehouse", ["Stock", "Stock Force Assignment"]),
    ('manager', "Maude Manager", ["Sales", "Sales Administrator",
            "Account", "Account Credit Limit", "Account Administration",
            "Product Administration"]),
    ]

# reference, customer, age in days, lines, last step
#   steps: draft, quotation, processing (shipment waiting), invoiced (shipped
#   and posted), part (200.00 received), credited (credit note with refund)
ORDERS = [
    ('SEED-0001', 'C1001', 70, [('PRD-012', 5), ('PRD-001', 20)], 'invoiced'),
    ('SEED-0002', 'C1003', 20, [('PRD-022', 48), ('PRD-011', 12)], 'part'),
    ('SEED-0003', 'C1004', 10, [('PRD-013', 6)], 'credited'),
    ('SEED-0004', 'C1005', 3, [('PRD-026', 60)], 'processing'),
    ('SEED-0005', 'C1006', 2, [('PRD-023', 30)], 'processing'),
    ('SEED-0006', 'C1002', 1, [('PRD-014', 2), ('PRD-003', 200)], 'quotation'),
    ('SEED-0007', 'C1007', 0, [('PRD-027', 4)], 'draft'),
    ]



def one(model, /, **values):
    "The record with these values."
    record, = Model.get(model).find(
        [(name, '=', value) for name, value in values.items()], limit=1)
    return record


def new(model, /, **values):
    record = Model.get(model)(**values)
    record.save()
    return record


def french(record, **values):
    "French values of translated fields."
    setting = proteus.get_config()
    setting.get_proxy(record.__class__.__name__).write(
        [record.id], values, dict(setting.context, language='fr'))


def world():
    epoch = date(2015, 1, 1)
    for name, code, number, symbol, rate in [
            ("Canadian Dollar", 'CAD', '124', '$', D(1)),
            ("US Dollar", 'USD', '840', 'US$', D('0.73'))]:
        currency = Model.get('currency.currency')(name=name, code=code,
            numeric_code=number, symbol=symbol, rounding=D('0.01'), digits=2)
        currency.rates.new(date=epoch, rate=rate)
        currency.save()
    states = [('US-NY', "New York", 'state'), ('US-VT', "Vermont", 'state')]
    for name, code, code3, number, parts in [
            ("Canada", 'CA', 'CAN', '124', PROVINCES),
            ("United States", 'US', 'USA', '840', states)]:
        country = new('country.country', name=name, code=code, code3=code3,
            code_numeric=number)
        for part, part_name, kind in parts:
            new('country.subdivision', code=part, name=part_name, type=kind,
                country=country)


def add_address(party, name, street, city, postal_code, region, **use):
    subdivision = one('country.subdivision', code=region)
    # A new party comes with one empty address.
    first = party.addresses[0] if len(party.addresses) == 1 else None
    if first and not first.street and not first.city:
        address = first
    else:
        address = party.addresses.new()
    address.party_name = name
    address.street = street
    address.city = city
    address.postal_code = postal_code
    address.country = subdivision.country
    address.subdivision = subdivision
    for flag, value in use.items():
        setattr(address, flag, value)


def company():
    setting = proteus.get_config()
    party = Model.get('party.party')(name=COMPANY, code='BOREALE')
    party.lang = one('ir.lang', code='fr')
    add_address(party, None, "700, rue de la Gauchetière O", "Montréal",
        "H3B 5M2", 'CA-QC', invoice=True)
    party.contact_mechanisms.new(type='email', value='info@boreale.example')
    party.save()
    wizard = Wizard('company.company.config')
    wizard.execute('company')
    wizard.form.party = party
    wizard.form.currency = one('currency.currency', code='CAD')
    wizard.form.timezone = 'America/Toronto'    # needs python3-tz
    wizard.execute('add')
    setting._context = Model.get('res.user').get_preferences(True, {})
    return Model.get('company.company').find()[0]


def chart(company):
    root, = Model.get('ir.model.data').find([('module', '=', 'account'),
            ('fs_id', '=', 'account_template_root_en')], limit=1)
    wizard = Wizard('account.create_chart')
    wizard.execute('account')
    wizard.form.account_template = Model.get('account.account.template')(
        root.db_id)
    wizard.form.company = company
    wizard.execute('create_account')
    accounts = {account.name: account for account in
        Model.get('account.account').find([('company', '=', company.id)])}
    wizard.form.account_receivable = accounts['Main Receivable']
    wizard.form.account_payable = accounts['Main Payable']
    wizard.execute('create_properties')
    for name, code in [('Main Cash', '1000'), ('Main Receivable', '1200'),
            ('Main Tax', '2300'), ('Main Payable', '2100'),
            ('Main Revenue', '4000'), ('Main Expense', '5000')]:
        accounts[name].code = code
        accounts[name].save()
    for name, code, like in [
            ("GST/TPS payable", '2310', 'Main Tax'),
            ("QST/TVQ payable", '2320', 'Main Tax'),
            ("HST/TVH payable", '2330', 'Main Tax'),
            ("Bank - operating account", '1010', 'Main Cash'),
            ("Card payments in transit", '1020', 'Main Cash'),
            ("EFT payments in transit", '1030', 'Main Cash')]:
        accounts[name] = new('account.account', name=name, code=code,
            company=company, type=accounts[like].type,
            parent=accounts[like].parent, reconcile='transit' in name)
    return accounts


def years(company, today):
    moves = one('ir.sequence.type', name="Account Move")
    invoices = one('ir.sequence.type', name="Invoice")
    for year in (today.year - 1, today.year, today.year + 1):
        fiscal = Model.get('account.fiscalyear')(name=str(year),
            company=company, start_date=date(year, 1, 1),
            end_date=date(year, 12, 31), post_move_sequence=new('ir.sequence',
                name="Moves %d" % year, sequence_type=moves, company=company))
        numbers, = fiscal.invoice_sequences
        for kind, prefix in [('out_invoice', 'F'), ('out_credit_note', 'NC'),
                ('in_invoice', 'AF'), ('in_credit_note', 'ANC')]:
            setattr(numbers, kind + '_sequence', new('ir.sequence.strict',
                    name="%s %d" % (kind, year), company=company,
                    sequence_type=invoices, prefix='%s%d-' % (prefix, year),
                    padding=5))
        fiscal.save()
        fiscal.click('create_period')


def taxes(company, accounts):
    made = {}
    for name, rate, account, name_fr in [
            ("GST 5%", '0.05', "GST/TPS payable", "TPS 5 %"),
            ("QST 9.975%", '0.09975', "QST/TVQ payable", "TVQ 9,975 %"),
            ("HST 13%", '0.13', "HST/TVH payable", "TVH 13 %"),
            ("HST 15%", '0.15', "HST/TVH payable", "TVH 15 %")]:
        made[name] = new('account.tax', name=name, description=name,
            type='percentage', rate=D(rate), company=company,
            invoice_account=accounts[account],
            credit_note_account=accounts[account])
        french(made[name], description=name_fr)
    gst, qst = made["GST 5%"], made["QST 9.975%"]
    rules = {}
    for name, instead in [('Ontario', made["HST 13%"]),
            ('Atlantic', made["HST 15%"]), ('Rest of Canada', gst),
            ('Exempt', None)]:
        rule = Model.get('account.tax.rule')(name=name, kind='sale',
            company=company)
        if instead != gst:
            rule.lines.new(origin_tax=gst, tax=instead)
        rule.lines.new(origin_tax=qst, tax=None)
        rule.save()
        rules[name] = rule
    return made, rules


def terms():
    made = {}
    for name, name_fr, days in [
            ('Net 30', "Net 30 jours", [30]), ('Net 60', "Net 60 jours", [60]),
            ('Due on receipt', "Payable sur réception", [0]),
            ('50/50', "50 % à la commande, 50 % à 30 jours", [0, 30])]:
        term = Model.get('account.invoice.payment_term')(name=name)
        if len(days) == 2:
            half = term.lines.new(type='percent_on_total', ratio=D('0.5'))
            half.relativedeltas.new(days=days[0])
        rest = term.lines.new(type='remainder')
        rest.relativedeltas.new(days=days[-1])
        term.save()
        french(term, name=name_fr)
        made[name] = term
    return made


def catalogue(accounts, tax):
    Category = Model.get('product.category')
    taxable = Category(name="Taxable goods (GST+QST)", accounting=True)
    taxable.account_revenue = accounts['Main Revenue']
    taxable.account_expense = accounts['Main Expense']
    taxable.customer_taxes.append(tax["GST 5%"])
    taxable.customer_taxes.append(tax["QST 9.975%"])
    taxable.save()
    families = {}
    for name, name_fr in FAMILIES:
        families[name] = new('product.category', name=name)
        french(families[name], name=name_fr)
    box = new('product.uom', name='Box of 100', symbol='bx100',
        category=one('product.uom', name='Unit').category, factor=100,
        rate=0.01, rounding=1, digits=0)
    french(box, name="Boîte de 100")
    products = {}
    for i, (family, name, name_fr, price, cost, unit, sale_unit, on_hand) in \
            enumerate(PRODUCTS, 1):
        code = 'PRD-%03d' % i
        template = Model.get('product.template')(name=name, code=code)
        template.type = 'service' if on_hand is None else 'goods'
        template.default_uom = one('product.uom', name=unit)
        template.list_price = D(price)
        template.cost_price_method = 'fixed'
        template.account_category = taxable
        template.categories.append(Category(families[family].id))
        template.salable = True
        template.sale_uom = one('product.uom', name=sale_unit)
        template.lead_time = timedelta(days=2)
        product, = template.products
        product.cost_price = D(cost)
        template.save()
        french(template, name=name_fr)
        products[code] = template.products[0]
    return families, products


def price_lists(company, families, products):
    made = {}
    for name, lines in PRICE_LISTS.items():
        price_list = Model.get('product.price_list')(name=name,
            company=company, unit='product_default')
        for sequence, (code, family, quantity, formula) in enumerate(lines, 1):
            line = price_list.lines.new(sequence=10 * sequence,
                formula=formula)
            if code:
                line.product = products[code]
            if family:
                line.category = families[family]
            if quantity:
                line.quantity = float(quantity)
        price_list.save()
        made[name] = price_list
    return made


def customers(term, rules, lists, products):
    made = {}
    for (code, name, language, street, city, postal_code, region, price_list,
            payment_term, rule, limit, second) in CUSTOMERS:
        party = Model.get('party.party')(name=name, code=code)
        party.lang = one('ir.lang', code=language)
        add_address(party, None, street, city, postal_code, region,
            invoice=True, delivery=second is None)
        if second:
            add_address(party, *second, invoice=False, delivery=True)
        party.contact_mechanisms.new(type='email',
            value='ap@%s.example' % code.lower())
        party.contact_mechanisms.new(type='phone',
            value='514-555-%s' % code[1:])
        party.customer_payment_term = term[payment_term]
        if price_list:
            party.sale_price_list = lists[price_list]
        if rule:
            party.customer_tax_rule = rules[rule]
        if limit is not None:
            party.credit_limit_amount = D(limit)
        party.save()
        made[code] = party
    # C1003 orders by part numbers of its own.
    for code, theirs in [('PRD-022', 'ND-GANT-100'), ('PRD-011', 'ND-MART-16')]:
        new('sale.product_customer', template=products[code].template,
            product=products[code], party=made['C1003'], code=theirs)
    return made


def payments(company, accounts):
    cash = one('account.journal', code='CASH')
    currency = one('currency.currency', code='CAD')
    bank = accounts["Bank - operating account"]
    for name, account in [
            ("Card (portal)", accounts["Card payments in transit"]),
            ("EFT", accounts["EFT payments in transit"])]:
        new('account.payment.journal', name=name, company=company,
            currency=currency, process_method='manual',
            clearing_account=account, clearing_journal=cash)
        new('account.invoice.payment.method', name=name, company=company,
            journal=cash, credit_account=account, debit_account=account)
    new('account.invoice.payment.method', name="Cheque", company=company,
        journal=cash, credit_account=bank, debit_account=bank)
    new('account.statement.journal', name="Bank statement", company=company,
        currency=currency, account=bank, validation='balance',
        journal=new('account.journal', name="Statement", code='STA',
            type='statement', sequence=cash.sequence))
    for name, model in [("Return / order", 'sale.sale'),
            ("Return / order line", 'sale.line'),
            ("Invoice dispute", 'account.invoice'),
            ("Invoice line dispute", 'account.invoice.line')]:
        new('sale.complaint.type', name=name,
            origin=one('ir.model', model=model))


def carrier():
    party = new('party.party', name="Transport Boréal", code='T0001')
    unit = one('product.uom', name='Unit')
    template = new('product.template', name="Freight", code='FREIGHT',
        type='service', list_price=D('18.00'), salable=True, default_uom=unit,
        sale_uom=unit, account_category=one('product.category',
            accounting=True))
    french(template, name="Transport")
    new('carrier', party=party, carrier_product=template.products[0])


def stock(company, products):
    inventory = Model.get('stock.inventory')(company=company,
        location=one('stock.location', code='STO'))
    for code, row in zip(products, PRODUCTS):
        if row[-1]:
            inventory.lines.new(product=products[code],
                quantity=float(row[-1]), expected_quantity=0.0)
    inventory.save()
    inventory.click('confirm')


def users(company):
    for login, name, groups in USERS:
        user = Model.get('res.user')(login=login, name=name, password=PASSWORD,
            email=login + '@boreale.example')
        for group in groups:
            user.groups.append(one('res.group', name=group))
        user.companies.append(Model.get('company.company')(company.id))
        user.company = company
        user.save()


def settings():
    sales = Model.get('sale.configuration')(1)
    sales.sale_invoice_method = 'shipment'
    sales.sale_shipment_method = 'order'
    sales.save()


def insist(record, button):
    "Click, and answer yes to the warnings, as a person would."
    from trytond.exceptions import UserWarning
    while True:
        try:
            return record.click(button)
        except UserWarning as warning:
            new('res.user.warning', user=proteus.get_config().user,
                name=warning.name, always=False)


def order(reference, customer, day, lines, products):
    sale = Model.get('sale.sale')(party=customer, reference=reference,
        sale_date=day)
    for code, quantity in lines:
        line = sale.lines.new()
        line.product = products[code]
        line.quantity = float(quantity)
    sale.save()
    return sale


def ship_and_invoice(sale, day):
    shipment, = sale.shipments
    shipment.effective_date = day
    shipment.save()
    for button in ('assign_try', 'pick', 'pack', 'done'):
        shipment.click(button)
    sale.reload()
    invoice, = sale.invoices
    invoice.invoice_date = day
    invoice.save()
    insist(invoice, 'post')     # warns of a due date in the past
    return invoice


def pay_part(invoice, amount, today):
    wizard = Wizard('account.invoice.pay', [invoice])
    wizard.form.amount = amount
    wizard.form.payment_method = one('account.invoice.payment.method',
        name="Cheque")
    wizard.form.date = today
    wizard.execute('choice')
    wizard.form.type = 'partial'
    wizard.execute('pay')


def orders(customers, products, today):
    for reference, customer, age, lines, last in ORDERS:
        day = today - relativedelta(days=age)
        sale = order(reference, customers[customer], day, lines, products)
        if last == 'draft':
            continue
        sale.click('quote')
        if last == 'quotation':
            continue
        sale.click('confirm')   # and processed at once
        if last == 'processing':
            continue
        invoice = ship_and_invoice(sale, day)
        if last == 'part':
            pay_part(invoice, D('200.00'), today)
        if last == 'credited':
            credit = Wizard('account.invoice.credit', [invoice])
            credit.form.with_refund = True
            credit.execute('credit')


def connect(options):
    "The URI of the database server is in the configuration."
    from trytond.config import config
    config.update_etc(options.config)
    uri = config.get('database', 'uri').rstrip('/')
    if uri == 'sqlite:':
        uri = 'sqlite://'
    proteus.set_trytond('%s/%s' % (uri, options.database),
        config_file=options.config)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--config', required=True, help="trytond.conf")
    parser.add_argument('--database', required=True)
    options = parser.parse_args()
    connect(options)
    today = date.today()
    world()
    boreale = company()
    accounts = chart(boreale)
    years(boreale, today)
    tax, rules = taxes(boreale, accounts)
    term = terms()
    families, products = catalogue(accounts, tax)
    lists = price_lists(boreale, families, products)
    buyers = customers(term, rules, lists, products)
    payments(boreale, accounts)
    carrier()
    stock(boreale, products)
    settings()
    orders(buyers, products, today)
    users(boreale)


if __name__ == '__main__':
    sys.exit(main())
