import {
    choose,
    connectWizard,
    finishWizard,
    openMenu,
    openPage,
    saveForm,
} from "@marketplace/../tests/tours/steps";
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// The person mistypes the refresh token first. The address of the draft is set by the test.
tours.add("marketplace_amazon_connect", {
    steps: () => [
        ...connectWizard("amazon", "My shop"),
        {
            content: "the Merchant ID",
            trigger: ".modal .o_field_widget[name='amazon_seller_id'] input",
            run: "edit A2DEMOSELLER",
        },
        ...enterSecret("LWA client ID", "amzn1.application-oa2-client.demo"),
        ...enterSecret("LWA client secret", "amzn1.oa2-cs.demo-secret"),
        ...enterSecret("Refresh token", "Atzr|wrong"),
        ...tryIt(),
        {
            content: "what is wrong is said in words",
            trigger: ".modal .alert-danger:contains('refresh token')",
        },
        ...enterSecret("Refresh token", "Atzr|demo-refresh"),
        ...tryIt(),
        {
            content: "Amazon says where the account sells",
            trigger: ".modal div[name='amazon_markets'] .o_data_row:contains('amazon.co.uk')",
        },
        ...finishWizard(),
        {
            content: "it has the name that was given",
            trigger: ".o_form_view .o_field_widget[name='name'] :value(My shop)",
        },
        ...openPage("connection"),
        {
            content: "the secret is not shown, not even to who typed it",
            trigger: ".o_field_widget[name='amazon_refresh_token'] input:value(/^•+$/)",
        },
    ],
});

// A variant of a product gets a listing; its product type asks for more.
tours.add("marketplace_amazon_list_product", {
    steps: () => [
        ...openMenu("marketplace.menu_listing", "marketplace.menu_links"),
        {
            content: "a new listing",
            trigger: ".o_list_button_add",
            run: "click",
        },
        ...choose("product_id", "MUG-RED"),
        ...choose("account_id", "Amazon"),
        ...saveForm(),
        ...openPage("amazon"),
        {
            content: "look for the product type",
            trigger: "button[name='action_amazon_find_type']:enabled",
            run: "click",
        },
        {
            content: "what kind of thing it is",
            trigger: ".modal .o_field_widget[name='words'] input",
            run: "edit kitchen",
        },
        {
            trigger: ".modal button[name='action_search']:enabled",
            run: "click",
        },
        {
            content: "choose it",
            trigger: ".modal .o_data_row:contains('HOME') button[name='action_choose']",
            run: "click",
        },
        {
            content: "Amazon wants more",
            trigger: ".o_form_view div[name='amazon_missing']:contains('Brand')",
        },
        {
            content: "a row for everything that is missing",
            trigger: "button[name='action_amazon_attributes']:enabled",
            run: "click",
        },
        ...fillIn("brand", "Nile"),
        ...fillIn("bullet_point", "Holds tea"),
        ...fillIn("country_of_origin", "EG"),
        ...fillIn("supplier_declared_dg_hz_regulation", "not_applicable"),
        ...fillIn("included_components", "Mug"),
        ...fillIn("number_of_items", "1"),
        ...leaveRow(),
        ...saveForm(),
        {
            content: "nothing is missing any more",
            trigger: ".o_form_view:not(:has(div[name='amazon_missing']:contains('Brand')))",
        },
    ],
});

// What Amazon found wrong stands on the listing; a better text mends it.
tours.add("marketplace_amazon_fix_issue", {
    steps: () => [
        ...openPage("issues"),
        {
            content: "what Amazon says",
            trigger:
                ".o_field_widget[name='issue_ids'] .o_data_row:contains('too short'):contains('bullet_point')",
        },
        ...openPage("amazon"),
        ...fillIn("bullet_point", "Holds a quarter of a litre of hot tea"),
        ...leaveRow(),
        ...saveForm(),
    ],
});

// An order that is not paid yet, as a seller sees it.
tours.add("marketplace_amazon_pending_order", {
    steps: () => [
        {
            content: "it is not paid yet",
            trigger: ".o_form_view div[name='amazon_pending']:contains('not paid')",
        },
        ...openPage("marketplace"),
        {
            content: "the id of Amazon leads to Seller Central",
            trigger: "button[name='action_amazon_seller_central']",
        },
    ],
});

tours.add("marketplace_amazon_ship_part", {
    steps: () => [
        {
            content: "one mug goes first",
            trigger: ".o_field_widget[name='move_ids'] .o_data_cell[name='quantity']",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='move_ids'] .o_data_cell[name='quantity'] input",
            run: "edit 1",
        },
        ...saveForm(),
        ...validate(),
        {
            content: "the other one follows",
            trigger: ".modal button[name='process']",
            run: "click",
        },
        {
            content: "the first parcel has left",
            trigger: ".o_form_view .o_arrow_button_current:contains('Done')",
        },
    ],
});

tours.add("marketplace_amazon_ship_rest", {
    steps: () => [
        ...validate(),
        {
            content: "the second parcel has left",
            trigger: ".o_form_view .o_arrow_button_current:contains('Done')",
        },
    ],
});

tours.add("marketplace_amazon_refund", {
    steps: () => [
        {
            content: "Amazon wants a reason",
            trigger: ".o_form_view .o_field_widget[name='amazon_refund_reason'] input, .o_form_view .o_field_widget[name='amazon_refund_reason'] select",
        },
        {
            content: "confirm the credit note",
            trigger: "button[name='action_post']:enabled",
            run: "click",
        },
        {
            content: "it is posted",
            trigger: ".o_form_view .o_arrow_button_current:contains('Posted')",
        },
    ],
});

tours.add("marketplace_amazon_settlement", {
    steps: () => [
        {
            content: "the lines add up to what Amazon says",
            trigger: ".o_form_view .o_field_widget[name='difference']:contains('0.00')",
        },
        {
            content: "the fee that belongs to no order is there",
            trigger: ".o_field_widget[name='line_ids'] .o_data_row:contains('Subscription Fee')",
        },
        {
            content: "have it proposed for the books",
            trigger: "button[name='action_propose_entry']:enabled",
            run: "click",
        },
        {
            content: "a draft entry, nothing is posted by itself",
            trigger: ".o_form_view .o_arrow_button_current:contains('Draft')",
        },
    ],
});

function enterSecret(label, value) {
    const row = `.modal .o_field_widget[name='credential_ids'] .o_data_row:contains('${label}')`;
    return [
        {
            content: `the line of ${label}`,
            trigger: `${row} .o_data_cell[name='value']`,
            run: "click",
        },
        {
            content: `enter ${label}`,
            trigger: `${row} .o_data_cell[name='value'] input`,
            run: `edit ${value}`,
        },
    ];
}

function tryIt() {
    return [
        {
            content: "try it",
            trigger: ".modal button[name='action_test']:enabled",
            run: "click",
        },
    ];
}

function fillIn(name, value) {
    const rows = ".o_field_widget[name='amazon_product_attribute_ids'] .o_data_row";
    return [
        {
            content: `the row of ${name}`,
            trigger: `${rows}:has(td[name='name']:contains('${name}')) td[name='value']`,
            run: "click",
        },
        {
            content: `what ${name} is`,
            trigger: `${rows}.o_selected_row:has(td[name='name'] input:value(${name})) td[name='value'] textarea`,
            run: `edit ${value}`,
        },
    ];
}

function leaveRow() {
    const rows = ".o_field_widget[name='amazon_product_attribute_ids'] .o_data_row";
    return [
        {
            content: "leave the row",
            trigger: ".o_form_view div[name='amazon_attributes'] .o_horizontal_separator:first",
            run: "click",
        },
        {
            content: "no row is being edited",
            trigger: `.o_form_view:not(:has(${rows}.o_selected_row))`,
        },
    ];
}

function validate() {
    return [
        {
            content: "validate",
            trigger: "button[name='button_validate']:enabled",
            run: "click",
        },
    ];
}
